"""When the claim of an attempt began."""

import sqlalchemy as sa

from property_alert_notification.database import time_type
from property_alert_notification.database.migrations import safely

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None


def upgrade() -> None:
    safely.add_column("attempts", sa.Column("claimed_at", time_type(), nullable=True))


def downgrade() -> None:
    safely.drop_column("attempts", "claimed_at")
