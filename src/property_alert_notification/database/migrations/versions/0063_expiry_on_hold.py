"""Expired alerts that wait for approval are found without those that have not expired."""

from property_alert_notification.database.migrations import safely

revision = "0063"
down_revision = "0062"
branch_labels = None
depends_on = None


def upgrade() -> None:
    undecided = "approval = 'waiting' AND expires_at IS NOT NULL AND status IS NULL"
    safely.create_index("ix_notifications_undecided", "notifications", ["expires_at"], where=undecided)


def downgrade() -> None:
    safely.drop_index("ix_notifications_undecided", "notifications")
