"""Feeds: how far each is replicated, and events whose record is to be requested."""

import sqlalchemy as sa
from alembic import op

from property_alert_notification.database import time_type
from property_alert_notification.database.migrations import safely

revision = "0039"
down_revision = "0038"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "feed_positions",
        sa.Column("feed", sa.String(64), nullable=False),
        sa.Column("holder", sa.String(64), nullable=True),
        sa.Column("fence", sa.BigInteger(), nullable=False),
        sa.Column("leased_until", time_type(), nullable=True),
        sa.Column("modified_at", time_type(), nullable=True),
        sa.Column("load_began_at", time_type(), nullable=True),
        sa.Column("load_ended_at", time_type(), nullable=True),
        sa.Column("load_total", sa.BigInteger(), nullable=True),
        sa.Column("load_read", sa.BigInteger(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=True),
        sa.Column("marked_sequence", sa.BigInteger(), nullable=True),
        sa.Column("marked_at", time_type(), nullable=True),
        sa.Column("reread_sequence", sa.BigInteger(), nullable=True),
        sa.Column("checked_at", time_type(), nullable=True),
        sa.Column("failing_since", time_type(), nullable=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("retry_at", time_type(), nullable=True),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.Column("refused", sa.BigInteger(), nullable=False),
        sa.Column("last_refusal", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("feed", name=op.f("pk_feed_positions")),
        if_not_exists=True,
    )
    op.create_table(
        "feed_events",
        sa.Column("source", sa.String(255), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("record_key", sa.String(255), nullable=False),
        sa.Column("received_at", time_type(), nullable=False),
        sa.Column("due_at", time_type(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("source", "sequence", "record_key", name=op.f("pk_feed_events")),
        if_not_exists=True,
    )
    safely.create_index("ix_feed_events_due", "feed_events", ["due_at"], where="due_at IS NOT NULL")
    safely.create_index("ix_feed_events_done", "feed_events", ["received_at"], where="due_at IS NULL")


def downgrade() -> None:
    for table in ("feed_events", "feed_positions"):
        op.drop_table(table, if_exists=True)
