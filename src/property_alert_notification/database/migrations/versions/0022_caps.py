"""What counts into the caps of users."""

import sqlalchemy as sa
from alembic import op

from property_alert_notification.database import time_type
from property_alert_notification.database.migrations import safely

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "cap_counters",
        sa.Column("user_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("test", sa.Boolean(), nullable=False),
        sa.Column("channel", sa.String(16), nullable=False),
        sa.Column("counted_at", time_type(), nullable=False),
        sa.PrimaryKeyConstraint("user_id", "test", "channel", name=op.f("pk_cap_counters")),
        if_not_exists=True,
    )
    op.create_table(
        "cap_uses",
        sa.Column("delivery_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("test", sa.Boolean(), nullable=False),
        sa.Column("channel", sa.String(16), nullable=False),
        sa.Column("day", sa.String(10), nullable=False),
        sa.PrimaryKeyConstraint("delivery_id", name=op.f("pk_cap_uses")),
        if_not_exists=True,
    )
    safely.create_index("ix_cap_uses_user", "cap_uses", ["user_id", "test", "channel", "day"])
    safely.create_index("ix_cap_uses_day", "cap_uses", ["day"])


def downgrade() -> None:
    op.drop_table("cap_uses", if_exists=True)
    op.drop_table("cap_counters", if_exists=True)
