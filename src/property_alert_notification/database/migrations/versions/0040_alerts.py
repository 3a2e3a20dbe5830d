"""Alerts: how far matching has come, who was told what, and what is looked at again before an alert is sent."""

import sqlalchemy as sa
from alembic import op

from property_alert_notification.database import time_type
from property_alert_notification.database.migrations import safely

revision = "0040"
down_revision = "0039"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "matchers",
        sa.Column("shard", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("holder", sa.Uuid(), nullable=True),
        sa.Column("fence", sa.BigInteger(), nullable=False),
        sa.Column("leased_until", time_type(), nullable=True),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("shard", name=op.f("pk_matchers")),
        if_not_exists=True,
    )
    _create_ledger()
    _create_alerts()
    safely.add_column("notifications", sa.Column("digest_at", time_type(), nullable=True))


def _create_ledger() -> None:
    op.create_table(
        "told",
        sa.Column("property_id", sa.Uuid(), nullable=False),
        sa.Column("fact", sa.String(64), nullable=False),
        sa.Column("people", sa.Text(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("changed_at", time_type(), nullable=False),
        sa.PrimaryKeyConstraint("property_id", "fact", name=op.f("pk_told")),
        if_not_exists=True,
    )
    safely.create_index("ix_told_changed", "told", ["changed_at"])
    op.create_table(
        "match_log",
        sa.Column("sequence", sa.BigInteger(), nullable=False, autoincrement=False),
        sa.Column("listing_id", sa.Uuid(), nullable=False),
        sa.Column("property_id", sa.Uuid(), nullable=False),
        sa.Column("matches", sa.Text(), nullable=False),
        sa.Column("made_at", time_type(), nullable=False),
        sa.PrimaryKeyConstraint("sequence", name=op.f("pk_match_log")),
        if_not_exists=True,
    )
    safely.create_index("ix_match_log_listing", "match_log", ["listing_id"])
    safely.create_index("ix_match_log_made", "match_log", ["made_at"])


def _create_alerts() -> None:
    op.create_table(
        "alerts",
        sa.Column("notification_id", sa.Uuid(), nullable=False),
        sa.Column("person", sa.BigInteger(), nullable=False),
        sa.Column("property_id", sa.Uuid(), nullable=False),
        sa.Column("listing_id", sa.Uuid(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("details", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["notification_id"],
            ["notifications.id"],
            name=op.f("fk_alerts_notification_id_notifications"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("notification_id", name=op.f("pk_alerts")),
        if_not_exists=True,
    )
    safely.create_index("ix_alerts_property", "alerts", ["property_id", "person", "sequence"])
    op.create_table(
        "search_digests",
        sa.Column("search_number", sa.BigInteger(), nullable=False, autoincrement=False),
        sa.Column("person", sa.BigInteger(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("due_at", time_type(), nullable=False),
        sa.Column("closes_at", time_type(), nullable=True),
        sa.PrimaryKeyConstraint("search_number", name=op.f("pk_search_digests")),
        if_not_exists=True,
    )
    safely.create_index("ix_search_digests_due", "search_digests", ["due_at"])


def downgrade() -> None:
    safely.drop_column("notifications", "digest_at")
    for table in ("search_digests", "alerts", "match_log", "told", "matchers"):
        op.drop_table(table, if_exists=True)
