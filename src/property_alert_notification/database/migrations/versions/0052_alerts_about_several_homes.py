"""An alert may be about several homes, and finds its home by its listing: homes are merged and split."""

import sqlalchemy as sa
from alembic import op

from property_alert_notification.database.migrations import safely

revision = "0052"
down_revision = "0051"
branch_labels = None
depends_on = None


def upgrade() -> None:
    safely.add_column("alerts", sa.Column("left_out", sa.String(64), nullable=True))
    safely.change_primary_key("alerts", ["notification_id", "listing_id"])
    safely.create_index("ix_alerts_listing", "alerts", ["listing_id", "person", "sequence"])
    safely.drop_index("ix_alerts_property", "alerts")
    safely.drop_column("alerts", "property_id")


def downgrade() -> None:
    op.execute(
        "DELETE FROM alerts WHERE EXISTS (SELECT 1 FROM alerts AS other "
        "WHERE other.notification_id = alerts.notification_id AND other.listing_id < alerts.listing_id)"
    )
    safely.add_column("alerts", sa.Column("property_id", sa.Uuid(), nullable=False, server_default=_UNKNOWN))
    op.execute(
        "UPDATE alerts SET property_id = listings.property_id FROM listings "
        "WHERE listings.id = alerts.listing_id AND listings.property_id IS NOT NULL"
    )
    safely.create_index("ix_alerts_property", "alerts", ["property_id", "person", "sequence"])
    safely.drop_index("ix_alerts_listing", "alerts")
    safely.change_primary_key("alerts", ["notification_id"])
    safely.drop_column("alerts", "left_out")


_UNKNOWN = "00000000-0000-0000-0000-000000000000"
"""The home of a listing that is not known any more."""
