"""Schedules, and the notifications that they brought."""

import sqlalchemy as sa
from alembic import op

from property_alert_notification.database import time_type
from property_alert_notification.database.migrations import safely

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

_INDEXES: tuple[tuple[str, list[str], str | None], ...] = (
    ("ix_schedules_due", ["next_at"], "state = 'active'"),
    ("ix_schedules_user", ["user_id", "id"], None),
    ("ix_schedules_caller", ["caller", "id"], "caller IS NOT NULL"),
    ("ix_schedules_state", ["state", "id"], "state <> 'active'"),
    ("ix_schedules_test", ["id"], "test"),
)


def upgrade() -> None:
    op.create_table(
        "schedules",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("category", sa.String(64), nullable=False),
        sa.Column("reference", sa.String(255), nullable=True),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("urgent", sa.Boolean(), nullable=False),
        sa.Column("channels", sa.String(255), nullable=True),
        sa.Column("addresses", sa.Text(), nullable=False),
        sa.Column("caller", sa.String(100), nullable=True),
        sa.Column("test", sa.Boolean(), nullable=False),
        sa.Column("rrule", sa.Text(), nullable=False),
        sa.Column("start", sa.String(16), nullable=False),
        sa.Column("time_zone", sa.String(64), nullable=True),
        sa.Column("used_zone", sa.String(64), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("reason_code", sa.String(32), nullable=True),
        sa.Column("reason_parameters", sa.Text(), nullable=True),
        sa.Column("next_at", time_type(), nullable=True),
        sa.Column("passed_at", time_type(), nullable=False),
        sa.Column("passed_local", sa.String(16), nullable=True),
        sa.Column("final", sa.String(16), nullable=True),
        sa.Column("occurred", sa.Integer(), nullable=False),
        sa.Column("changed_at", time_type(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_schedules")),
        if_not_exists=True,
    )
    for name, columns, condition in _INDEXES:
        safely.create_index(name, "schedules", columns, where=condition)
    op.create_table(
        "schedule_occurrences",
        sa.Column("notification_id", sa.Uuid(), nullable=False),
        sa.Column("schedule_id", sa.Uuid(), nullable=False),
        sa.Column("local", sa.String(16), nullable=False),
        sa.ForeignKeyConstraint(
            ["notification_id"],
            ["notifications.id"],
            name=op.f("fk_schedule_occurrences_notification_id_notifications"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("notification_id", name=op.f("pk_schedule_occurrences")),
        sa.UniqueConstraint("schedule_id", "local", name=op.f("uq_schedule_occurrences_schedule_id_local")),
        if_not_exists=True,
    )
    safely.create_index("ix_schedule_occurrences_listed", "schedule_occurrences", ["schedule_id", "notification_id"])


def downgrade() -> None:
    op.drop_table("schedule_occurrences", if_exists=True)
    op.drop_table("schedules", if_exists=True)
