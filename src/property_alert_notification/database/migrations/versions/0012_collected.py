"""The index of what is open has the state `collected` too."""

from property_alert_notification.database.migrations import safely

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

_BEFORE = "state IN ('queued', 'held', 'sending', 'retry_wait', 'unknown', 'on_hold', 'quarantined')"
_AFTER = "state IN ('queued', 'held', 'collected', 'sending', 'retry_wait', 'unknown', 'on_hold', 'quarantined')"


def upgrade() -> None:
    safely.drop_index("ix_deliveries_open", "deliveries")
    safely.create_index("ix_deliveries_open", "deliveries", ["notification_id"], where=_AFTER)


def downgrade() -> None:
    safely.drop_index("ix_deliveries_open", "deliveries")
    safely.create_index("ix_deliveries_open", "deliveries", ["notification_id"], where=_BEFORE)
