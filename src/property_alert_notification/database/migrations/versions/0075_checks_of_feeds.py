"""Stores how far a round over the listings of a feed has come, and when it began."""

import sqlalchemy as sa

from property_alert_notification.database import time_type
from property_alert_notification.database.migrations import safely

revision = "0075"
down_revision = "0073"
branch_labels = None
depends_on = None


def upgrade() -> None:
    safely.add_column("feed_positions", sa.Column("round_key", sa.String(255), nullable=True))
    safely.add_column("feed_positions", sa.Column("round_began_at", time_type(), nullable=True))


def downgrade() -> None:
    safely.drop_column("feed_positions", "round_began_at")
    safely.drop_column("feed_positions", "round_key")
