"""A search knows since when there is something that its user has not looked at."""

import sqlalchemy as sa

from property_alert_notification.database import time_type
from property_alert_notification.database.migrations import safely

revision = "0072"
down_revision = "0070"
branch_labels = None
depends_on = None


def upgrade() -> None:
    safely.add_column("saved_searches", sa.Column("unseen_since", time_type(), nullable=True))


def downgrade() -> None:
    safely.drop_column("saved_searches", "unseen_since")
