"""Preferences have room for what a user says beyond the switches of channels."""

import sqlalchemy as sa

from property_alert_notification.database.migrations import safely

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

_TABLES = ("preferences", "test_preferences")


def upgrade() -> None:
    for table in _TABLES:
        safely.add_column(table, sa.Column("rules", sa.Text(), nullable=True))


def downgrade() -> None:
    for table in _TABLES:
        safely.drop_column(table, "rules")
