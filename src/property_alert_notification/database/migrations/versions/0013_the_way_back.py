"""An index that finds an attempt by the id that its provider gave the message."""

from property_alert_notification.database.migrations import safely

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    safely.create_index(
        "ix_attempts_provider_message_id",
        "attempts",
        ["provider_message_id"],
        where="provider_message_id IS NOT NULL",
    )


def downgrade() -> None:
    safely.drop_index("ix_attempts_provider_message_id", "attempts")
