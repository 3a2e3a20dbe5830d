"""Idempotency keys, scheduling, cancelling, test messages, and indexes for lists."""

import sqlalchemy as sa
from alembic import op

from property_alert_notification.database import time_type
from property_alert_notification.database.migrations import safely

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_OPEN = "state IN ('queued', 'held', 'sending', 'retry_wait', 'unknown', 'on_hold', 'quarantined')"
_INDEXES = (
    ("ix_notifications_category", "notifications", ["category", "id"], None),
    ("ix_notifications_reference", "notifications", ["reference", "id"], "reference IS NOT NULL"),
    ("ix_notifications_status", "notifications", ["status", "id"], "status IS NOT NULL"),
    ("ix_notifications_scheduled", "notifications", ["send_at"], "status = 'scheduled'"),
    ("ix_deliveries_open", "deliveries", ["notification_id"], _OPEN),
)


def upgrade() -> None:
    op.create_table(
        "idempotency_keys",
        sa.Column("owner", sa.String(110), nullable=False),
        sa.Column("key", sa.String(255), nullable=False),
        sa.Column("fingerprint", sa.String(32), nullable=False),
        sa.Column("status_code", sa.SmallInteger(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("expires_at", time_type(), nullable=False),
        sa.PrimaryKeyConstraint("owner", "key", name=op.f("pk_idempotency_keys")),
        if_not_exists=True,
    )
    op.create_index("ix_idempotency_keys_expires_at", "idempotency_keys", ["expires_at"], if_not_exists=True)
    safely.add_column("notifications", sa.Column("caller", sa.String(100), nullable=True))
    safely.add_column("notifications", sa.Column("test", sa.Boolean(), server_default=sa.false(), nullable=False))
    safely.add_column("notifications", sa.Column("status", sa.String(16), nullable=True))
    safely.add_column("notifications", sa.Column("send_at", time_type(), nullable=True))
    safely.add_column("notifications", sa.Column("user_email", sa.String(320), nullable=True))
    safely.add_column("notifications", sa.Column("user_phone_number", sa.String(32), nullable=True))
    safely.add_column("notifications", sa.Column("cancelled_at", time_type(), nullable=True))
    safely.add_column("deliveries", sa.Column("test", sa.Boolean(), server_default=sa.false(), nullable=False))
    safely.add_column("preferences", sa.Column("withdrawn_at", time_type(), nullable=True))
    for name, table, columns, condition in _INDEXES:
        safely.create_index(name, table, columns, where=condition)


def downgrade() -> None:
    for name, table, _, _ in reversed(_INDEXES):
        safely.drop_index(name, table)
    safely.drop_column("preferences", "withdrawn_at")
    safely.drop_column("deliveries", "test")
    for column in ("cancelled_at", "user_phone_number", "user_email", "send_at", "status", "test", "caller"):
        safely.drop_column("notifications", column)
    op.drop_table("idempotency_keys", if_exists=True)
