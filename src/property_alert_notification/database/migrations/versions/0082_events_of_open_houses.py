"""An event of a feed has the resource of its record: Property, or OpenHouse."""

import sqlalchemy as sa
from alembic import op

from property_alert_notification.database.migrations import safely

revision = "0082"
down_revision = "0081"
branch_labels = None
depends_on = None


def upgrade() -> None:
    column = sa.Column("resource", sa.String(64), nullable=False, server_default="Property")
    safely.add_column("feed_events", column)


def downgrade() -> None:
    # An older version would take the keys of open houses for those of listings.
    op.execute("DELETE FROM feed_events WHERE resource <> 'Property'")
    safely.drop_column("feed_events", "resource")
