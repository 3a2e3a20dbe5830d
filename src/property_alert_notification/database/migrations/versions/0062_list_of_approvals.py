"""Alerts that wait for approval are found in the order in which they expire."""

from property_alert_notification.database.migrations import safely

revision = "0062"
down_revision = "0060"
branch_labels = None
depends_on = None


def upgrade() -> None:
    safely.drop_index("ix_deliveries_on_hold", "deliveries")
    safely.create_index("ix_deliveries_on_hold", "deliveries", ["notification_id"], where="state = 'on_hold'")


def downgrade() -> None:
    safely.drop_index("ix_deliveries_on_hold", "deliveries")
    safely.create_index("ix_deliveries_on_hold", "deliveries", ["id"], where="state = 'on_hold'")
