"""When deliveries had to wait for their hour, and why."""

import sqlalchemy as sa
from alembic import op

from property_alert_notification.database import time_type

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "holds",
        sa.Column("delivery_id", sa.Uuid(), nullable=False),
        sa.Column("fence", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("at", time_type(), nullable=False),
        sa.Column("reason_code", sa.String(32), nullable=False),
        sa.Column("reason_parameters", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["delivery_id"], ["deliveries.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("delivery_id", "fence"),
    )


def downgrade() -> None:
    op.drop_table("holds")
