"""Notifications without addresses, which the directory gives."""

from typing import Any

import sqlalchemy as sa

from property_alert_notification.database import time_type
from property_alert_notification.database.migrations import safely

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

_COLUMNS: tuple[sa.Column[Any], ...] = (
    sa.Column("look_up", sa.String(255), nullable=True),
    sa.Column("look_up_at", time_type(), nullable=True),
    sa.Column("parked", sa.Boolean(), nullable=True),
    sa.Column("away_since", time_type(), nullable=True),
)
_INDEXES = (
    ("ix_notifications_look_up", "look_up_at", "look_up_at IS NOT NULL"),
    ("ix_notifications_look_up_user", "user_id", "look_up_at IS NOT NULL"),
    ("ix_notifications_parked", "look_up_at", "parked"),
)
_SCHEDULED = "status = 'scheduled'"


def upgrade() -> None:
    for column in _COLUMNS:
        safely.add_column("notifications", column)
    safely.add_column("schedules", sa.Column("look_up", sa.String(255), nullable=True))
    for name, key, condition in _INDEXES:
        safely.create_index(name, "notifications", [key], where=condition)
    safely.drop_index("ix_notifications_scheduled", "notifications")
    safely.create_index(
        "ix_notifications_scheduled", "notifications", ["send_at"], where=f"{_SCHEDULED} AND look_up_at IS NULL"
    )


def downgrade() -> None:
    safely.drop_index("ix_notifications_scheduled", "notifications")
    safely.create_index("ix_notifications_scheduled", "notifications", ["send_at"], where=_SCHEDULED)
    for name, _, _ in reversed(_INDEXES):
        safely.drop_index(name, "notifications")
    safely.drop_column("schedules", "look_up")
    for column in reversed(_COLUMNS):
        safely.drop_column("notifications", column.name)
