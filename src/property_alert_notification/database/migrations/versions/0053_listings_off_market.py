"""Retention finds listings that left the market without those that are on it."""

from property_alert_notification.database.migrations import safely

revision = "0053"
down_revision = "0052"
branch_labels = None
depends_on = None


def upgrade() -> None:
    off_market = "status IN ('Canceled', 'Closed', 'Delete', 'Expired', 'Incomplete', 'Withdrawn')"
    safely.create_index("ix_listings_off_market", "listings", ["modified_at"], where=off_market)


def downgrade() -> None:
    safely.drop_index("ix_listings_off_market", "listings")
