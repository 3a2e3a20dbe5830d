"""Reports of providers about deliveries."""

import sqlalchemy as sa
from alembic import op

from property_alert_notification.database import time_type
from property_alert_notification.database.migrations import safely

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "delivery_reports",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.String(32), nullable=False),
        sa.Column("channel", sa.String(16), nullable=False),
        sa.Column("provider", sa.String(64), nullable=False),
        sa.Column("received_at", time_type(), nullable=False),
        sa.Column("delivery_id", sa.Uuid(), nullable=True),
        sa.Column("retry_at", time_type(), nullable=True),
        sa.Column("named_delivery_id", sa.Uuid(), nullable=True),
        sa.Column("provider_message_id", sa.String(255), nullable=True),
        sa.Column("result", sa.String(16), nullable=False),
        sa.Column("cause", sa.String(16), nullable=True),
        sa.Column("detail", sa.String(200), nullable=True),
        sa.Column("subject", sa.String(32), nullable=True),
        sa.Column("raw", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["delivery_id"], ["deliveries.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delivery_reports")),
        sa.UniqueConstraint("key", name=op.f("uq_delivery_reports_key")),
        if_not_exists=True,
    )
    safely.create_index("ix_delivery_reports_parked", "delivery_reports", ["retry_at"], where="retry_at IS NOT NULL")
    safely.create_index(
        "ix_delivery_reports_delivery", "delivery_reports", ["delivery_id"], where="delivery_id IS NOT NULL"
    )
    safely.create_index("ix_delivery_reports_soft", "delivery_reports", ["subject"], where="subject IS NOT NULL")


def downgrade() -> None:
    op.drop_table("delivery_reports", if_exists=True)
