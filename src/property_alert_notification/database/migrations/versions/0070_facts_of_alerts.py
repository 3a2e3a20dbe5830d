"""Alerts say which facts they tell, and by which searches they are sent."""

import sqlalchemy as sa

from property_alert_notification.database.migrations import safely

revision = "0070"
down_revision = "0064"
branch_labels = None
depends_on = None


def upgrade() -> None:
    safely.add_column("alerts", sa.Column("facts", sa.Text(), nullable=True))
    safely.add_column("alerts", sa.Column("senders", sa.Text(), nullable=True))


def downgrade() -> None:
    safely.drop_column("alerts", "senders")
    safely.drop_column("alerts", "facts")
