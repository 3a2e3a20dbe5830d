"""Keeps why an alert was not sent when its notification is deleted."""

import sqlalchemy as sa
from alembic import op

revision = "0073"
down_revision = "0072"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "unsent_alerts",
        sa.Column("notification_id", sa.Uuid(), nullable=False),
        sa.Column("listing_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("person", sa.BigInteger(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("facts", sa.Text(), nullable=True),
        sa.Column("senders", sa.Text(), nullable=True),
        sa.Column("approval", sa.String(16), nullable=True),
        sa.Column("channel", sa.String(16), nullable=False),
        sa.Column("reason_code", sa.String(32), nullable=True),
        sa.Column("reason_parameters", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("notification_id", "listing_id", name=op.f("pk_unsent_alerts")),
        if_not_exists=True,
    )
    op.create_index("ix_unsent_alerts_listing", "unsent_alerts", ["listing_id", "person"], if_not_exists=True)
    op.create_index("ix_unsent_alerts_user", "unsent_alerts", ["user_id"], if_not_exists=True)


def downgrade() -> None:
    op.drop_table("unsent_alerts", if_exists=True)
