"""Idempotency keys, scheduling, cancelling, test messages, and indexes for lists."""

import sqlalchemy as sa
from alembic import op

from property_alert_notification.database import time_type

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
    )
    op.create_index("ix_idempotency_keys_expires_at", "idempotency_keys", ["expires_at"])
    op.add_column("notifications", sa.Column("caller", sa.String(100), nullable=True))
    op.add_column("notifications", sa.Column("test", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("notifications", sa.Column("status", sa.String(16), nullable=True))
    op.add_column("notifications", sa.Column("send_at", time_type(), nullable=True))
    op.add_column("notifications", sa.Column("user_email", sa.String(320), nullable=True))
    op.add_column("notifications", sa.Column("user_phone_number", sa.String(32), nullable=True))
    op.add_column("notifications", sa.Column("cancelled_at", time_type(), nullable=True))
    op.add_column("deliveries", sa.Column("test", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("preferences", sa.Column("withdrawn_at", time_type(), nullable=True))
    for name, table, columns, condition in _INDEXES:
        where = None if condition is None else sa.text(condition)
        op.create_index(name, table, columns, sqlite_where=where, postgresql_where=where)


def downgrade() -> None:
    for name, table, _, _ in reversed(_INDEXES):
        op.drop_index(name, table)
    op.drop_column("preferences", "withdrawn_at")
    op.drop_column("deliveries", "test")
    for column in ("cancelled_at", "user_phone_number", "user_email", "send_at", "status", "test", "caller"):
        op.drop_column("notifications", column)
    op.drop_table("idempotency_keys")
