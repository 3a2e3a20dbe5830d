"""The index by which the idempotency keys of a user are found."""

from property_alert_notification.database.migrations import safely

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None


def upgrade() -> None:
    safely.create_index("ix_idempotency_keys_user", "idempotency_keys", ["user_id"], where="user_id IS NOT NULL")


def downgrade() -> None:
    safely.drop_index("ix_idempotency_keys_user", "idempotency_keys")
