"""Drops the index of the match log by listings, which no statement uses."""

from property_alert_notification.database.migrations import safely

revision = "0079"
down_revision = "0075"
branch_labels = None
depends_on = None


def upgrade() -> None:
    safely.drop_index("ix_match_log_listing", "match_log")


def downgrade() -> None:
    safely.create_index("ix_match_log_listing", "match_log", ["listing_id"])
