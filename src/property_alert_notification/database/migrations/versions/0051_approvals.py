"""Alerts of saved searches that are on hold until they are approved."""

import sqlalchemy as sa
from alembic import op

from property_alert_notification.database.migrations import safely

revision = "0051"
down_revision = "0050"
branch_labels = None
depends_on = None


def upgrade() -> None:
    safely.add_column("saved_searches", sa.Column("concierge", sa.Boolean(), nullable=False, server_default=sa.false()))
    safely.add_column("notifications", sa.Column("approval", sa.String(16), nullable=True))
    safely.create_index("ix_deliveries_on_hold", "deliveries", ["id"], where="state = 'on_hold'")
    op.create_table(
        "approval_searches",
        sa.Column("notification_id", sa.Uuid(), nullable=False),
        sa.Column("search_number", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["notification_id"],
            ["notifications.id"],
            name=op.f("fk_approval_searches_notification_id_notifications"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("notification_id", "search_number", name=op.f("pk_approval_searches")),
        if_not_exists=True,
    )


def downgrade() -> None:
    op.drop_table("approval_searches", if_exists=True)
    safely.drop_index("ix_deliveries_on_hold", "deliveries")
    safely.drop_column("notifications", "approval")
    safely.drop_column("saved_searches", "concierge")
