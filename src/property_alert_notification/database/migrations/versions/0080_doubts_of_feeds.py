"""Stores how many looks in a row found most listings of a feed gone, so that a restart does not forget it."""

import sqlalchemy as sa

from property_alert_notification.database.migrations import safely

revision = "0080"
down_revision = "0079"
branch_labels = None
depends_on = None


def upgrade() -> None:
    safely.add_column("feed_positions", sa.Column("round_doubts", sa.Integer(), nullable=False, server_default="0"))


def downgrade() -> None:
    safely.drop_column("feed_positions", "round_doubts")
