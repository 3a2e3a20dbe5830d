"""The first alert of a saved search, which has all listings that match when it is saved."""

import sqlalchemy as sa

from property_alert_notification.database import time_type
from property_alert_notification.database.migrations import safely

revision = "0043"
down_revision = "0042"
branch_labels = None
depends_on = None


def upgrade() -> None:
    safely.add_column("saved_searches", sa.Column("first_alert_at", time_type(), nullable=True))
    safely.create_index(
        "ix_saved_searches_first_alert", "saved_searches", ["first_alert_at"], where="first_alert_at IS NOT NULL"
    )


def downgrade() -> None:
    safely.drop_index("ix_saved_searches_first_alert", "saved_searches")
    safely.drop_column("saved_searches", "first_alert_at")
