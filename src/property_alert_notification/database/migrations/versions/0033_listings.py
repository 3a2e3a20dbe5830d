"""Listings: their records, and the changes that these make."""

import sqlalchemy as sa
from alembic import op

from property_alert_notification.database import time_type
from property_alert_notification.database.migrations import safely

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "listings",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("source", sa.String(255), nullable=False),
        sa.Column("listing_key", sa.String(255), nullable=False),
        sa.Column("modified_at", time_type(), nullable=True),
        sa.Column("status", sa.String(32), nullable=False),
        sa.Column("progress", sa.Text(), nullable=False),
        sa.Column("told_at", time_type(), nullable=True),
        sa.Column("quiet_ends_at", time_type(), nullable=True),
        sa.Column("due_at", time_type(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_listings")),
        sa.UniqueConstraint("listing_key", "source", name=op.f("uq_listings_listing_key_source")),
        if_not_exists=True,
    )
    safely.create_index("ix_listings_due", "listings", ["due_at"], where="due_at IS NOT NULL")
    safely.create_index("ix_listings_modified", "listings", ["modified_at"])
    _create_versions()
    _create_changes()


def _create_versions() -> None:
    op.create_table(
        "listing_versions",
        sa.Column("listing_id", sa.Uuid(), nullable=False),
        sa.Column("modified_at", time_type(), nullable=False),
        sa.Column("digest", sa.String(32), nullable=False),
        sa.Column("snapshot", sa.Text(), nullable=False),
        sa.Column("record", sa.Text(), nullable=False),
        sa.Column("received_at", time_type(), nullable=False),
        sa.PrimaryKeyConstraint("listing_id", "modified_at", name=op.f("pk_listing_versions")),
        if_not_exists=True,
    )


def _create_changes() -> None:
    op.create_table(
        "listing_changes",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("listing_id", sa.Uuid(), nullable=False),
        sa.Column("modified_at", time_type(), nullable=False),
        sa.Column("before_at", time_type(), nullable=True),
        sa.Column("facts", sa.Text(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=True),
        sa.Column("made_at", time_type(), nullable=False),
        sa.Column("superseded_at", time_type(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_listing_changes")),
        sa.UniqueConstraint("sequence", name=op.f("uq_listing_changes_sequence")),
        if_not_exists=True,
    )
    safely.create_index("ix_listing_changes_listing", "listing_changes", ["listing_id", "modified_at"])
    op.create_table(
        "listing_positions",
        sa.Column("name", sa.String(32), nullable=False),
        sa.Column("last", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_listing_positions")),
        if_not_exists=True,
    )


def downgrade() -> None:
    for table in ("listing_positions", "listing_changes", "listing_versions", "listings"):
        op.drop_table(table, if_exists=True)
