"""When a change made a notification due at once."""

import sqlalchemy as sa

from property_alert_notification.database import time_type
from property_alert_notification.database.migrations import safely

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    safely.add_column("notifications", sa.Column("moved_at", time_type(), nullable=True))


def downgrade() -> None:
    safely.drop_column("notifications", "moved_at")
