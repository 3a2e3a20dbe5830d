"""What workers tell of their providers."""

import sqlalchemy as sa
from alembic import op

from property_alert_notification.database import time_type

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "breakers",
        sa.Column("worker", sa.Uuid(), nullable=False),
        sa.Column("channel", sa.String(16), nullable=False),
        sa.Column("provider", sa.String(64), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("changed_at", time_type(), nullable=False),
        sa.Column("opens_at", time_type(), nullable=True),
        sa.Column("told_at", time_type(), nullable=False),
        sa.PrimaryKeyConstraint("worker", "channel", "provider", name=op.f("pk_breakers")),
    )


def downgrade() -> None:
    op.drop_table("breakers")
