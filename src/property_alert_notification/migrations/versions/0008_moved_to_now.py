"""When a change made a notification due at once."""

import sqlalchemy as sa
from alembic import op

from property_alert_notification.database import time_type

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("notifications", sa.Column("moved_at", time_type(), nullable=True))


def downgrade() -> None:
    op.drop_column("notifications", "moved_at")
