"""Messages that people send to our numbers."""

import sqlalchemy as sa
from alembic import op

from property_alert_notification.database import time_type

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "inbound_replies",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.String(32), nullable=False),
        sa.Column("channel", sa.String(16), nullable=False),
        sa.Column("provider", sa.String(64), nullable=False),
        sa.Column("sender", sa.String(320), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("word", sa.String(8), nullable=False),
        sa.Column("is_refusal", sa.Boolean(), nullable=False),
        sa.Column("received_at", time_type(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inbound_replies")),
        sa.UniqueConstraint("key", name=op.f("uq_inbound_replies_key")),
        sa.Index("ix_inbound_replies_sender", "sender"),
        if_not_exists=True,
    )


def downgrade() -> None:
    op.drop_table("inbound_replies", if_exists=True)
