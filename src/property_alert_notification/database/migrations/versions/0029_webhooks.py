"""Webhook endpoints, events, and the delivery of each event to each endpoint."""

import sqlalchemy as sa
from alembic import op

from property_alert_notification.database import partial_index, time_type

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _create_endpoints()
    _create_events()
    _create_deliveries()
    _create_attempts()


def _create_endpoints() -> None:
    op.create_table(
        "webhook_endpoints",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("description", sa.String(255)),
        sa.Column("events", sa.Text(), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("state_reason", sa.String(32)),
        sa.Column("caller", sa.String(100)),
        sa.Column("test", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("secret", sa.Text(), nullable=False),
        sa.Column("previous_secret", sa.Text()),
        sa.Column("previous_until", time_type()),
        sa.Column("created_at", time_type(), nullable=False),
        sa.Column("changed_at", time_type(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("failing_since", time_type()),
        sa.Column("blocked_until", time_type()),
        sa.Column("last_error", sa.String(32)),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook_endpoints")),
        if_not_exists=True,
    )


def _create_events() -> None:
    op.create_table(
        "webhook_events",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("type", sa.String(40), nullable=False),
        sa.Column("at", time_type(), nullable=False),
        sa.Column("test", sa.Boolean(), nullable=False),
        sa.Column("caller", sa.String(100)),
        sa.Column("notification_id", sa.Uuid()),
        sa.Column("channel", sa.String(16)),
        sa.Column("reason_code", sa.String(32)),
        sa.Column("user_id", sa.BigInteger()),
        sa.Column("category", sa.String(64)),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook_events")),
        partial_index("ix_webhook_events_user", "user_id", where="user_id IS NOT NULL"),
        if_not_exists=True,
    )


def _create_deliveries() -> None:
    op.create_table(
        "webhook_deliveries",
        sa.Column("endpoint_id", sa.Uuid(), nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("due_at", time_type()),
        sa.Column("queued_at", time_type(), nullable=False),
        sa.Column("fence", sa.Integer(), nullable=False),
        sa.Column("attempts", sa.SmallInteger(), nullable=False),
        sa.Column("last_attempt_at", time_type()),
        sa.Column("last_status", sa.SmallInteger()),
        sa.Column("last_error", sa.String(32)),
        sa.Column("last_milliseconds", sa.Integer()),
        sa.PrimaryKeyConstraint("endpoint_id", "event_id", name=op.f("pk_webhook_deliveries")),
        sa.ForeignKeyConstraint(
            ["endpoint_id"], ["webhook_endpoints.id"], name=op.f("fk_webhook_deliveries_endpoint_id")
        ),
        partial_index("ix_webhook_deliveries_due", "endpoint_id", "due_at", where="due_at IS NOT NULL"),
        if_not_exists=True,
    )


def _create_attempts() -> None:
    op.create_table(
        "webhook_attempts",
        sa.Column("endpoint_id", sa.Uuid(), nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("fence", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", time_type(), nullable=False),
        sa.Column("status", sa.SmallInteger()),
        sa.Column("error", sa.String(32), nullable=False),
        sa.Column("milliseconds", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("endpoint_id", "event_id", "fence", name=op.f("pk_webhook_attempts")),
        if_not_exists=True,
    )


def downgrade() -> None:
    for table in ("webhook_attempts", "webhook_deliveries", "webhook_events", "webhook_endpoints"):
        op.drop_table(table, if_exists=True)
