"""A listing has the feed that showed it last: a record that another feed does not have is no deletion of it."""

import sqlalchemy as sa

from property_alert_notification.database.migrations import safely

revision = "0060"
down_revision = "0058"
branch_labels = None
depends_on = None


def upgrade() -> None:
    safely.add_column("listings", sa.Column("feed", sa.String(255), nullable=True))


def downgrade() -> None:
    safely.drop_column("listings", "feed")
