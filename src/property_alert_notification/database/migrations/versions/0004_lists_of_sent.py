"""An index for lists of what was sent or delivered."""

from property_alert_notification.database.migrations import safely

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    safely.create_index(
        "ix_deliveries_fulfilled", "deliveries", ["state", "notification_id"], where="state IN ('sent', 'delivered')"
    )


def downgrade() -> None:
    safely.drop_index("ix_deliveries_fulfilled", "deliveries")
