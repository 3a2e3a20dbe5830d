"""Notifications may be for a time of their user's clock."""

import sqlalchemy as sa

from property_alert_notification.database.migrations import safely

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    safely.add_column("notifications", sa.Column("send_at_local", sa.String(16), nullable=True))


def downgrade() -> None:
    safely.drop_column("notifications", "send_at_local")
