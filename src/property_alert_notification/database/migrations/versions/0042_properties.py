"""Homes: which listings are of the same one. What is known of each listing becomes what is known of its home."""

import sqlalchemy as sa
from alembic import op

from property_alert_notification.database import time_type
from property_alert_notification.database.migrations import safely

revision = "0042"
down_revision = "0041"
branch_labels = None
depends_on = None

_MOVED = ("progress", "told_at", "quiet_ends_at", "due_at")
_WAITS = "due_at IS NOT NULL"


def upgrade() -> None:
    op.create_table(
        "properties",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("merged_into", sa.Uuid(), nullable=True),
        sa.Column("listings", sa.Integer(), nullable=False),
        sa.Column("progress", sa.Text(), nullable=False),
        sa.Column("told_at", time_type(), nullable=True),
        sa.Column("quiet_ends_at", time_type(), nullable=True),
        sa.Column("due_at", time_type(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_properties")),
        if_not_exists=True,
    )
    safely.create_index("ix_properties_due", "properties", ["due_at"], where=_WAITS)
    safely.create_index("ix_properties_merged", "properties", ["merged_into"], where="merged_into IS NOT NULL")
    _create_keys()
    safely.add_column("listings", sa.Column("property_id", sa.Uuid(), nullable=True))
    safely.add_column("listings", sa.Column("identity", sa.Text(), nullable=False, server_default=""))
    safely.add_column("listing_changes", sa.Column("before_listing_id", sa.Uuid(), nullable=True))
    # Until its next record says more, each listing is a home of its own.
    op.execute(
        "INSERT INTO properties (id, listings, progress, told_at, quiet_ends_at, due_at) "
        "SELECT id, 1, progress, told_at, quiet_ends_at, due_at FROM listings WHERE true ON CONFLICT (id) DO NOTHING"
    )
    op.execute("UPDATE listings SET property_id = id WHERE property_id IS NULL")
    safely.create_index("ix_listings_property", "listings", ["property_id"])
    safely.drop_index("ix_listings_due", "listings")
    for column in _MOVED:
        safely.drop_column("listings", column)


def _create_keys() -> None:
    op.create_table(
        "property_keys",
        sa.Column("key", sa.BigInteger(), nullable=False, autoincrement=False),
        sa.Column("listing_id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("key", "listing_id", name=op.f("pk_property_keys")),
        if_not_exists=True,
    )
    safely.create_index("ix_property_keys_listing", "property_keys", ["listing_id"])
    op.create_table(
        "property_rulings",
        sa.Column("listing_id", sa.Uuid(), nullable=False),
        sa.Column("other_listing_id", sa.Uuid(), nullable=False),
        sa.Column("same", sa.Boolean(), nullable=False),
        sa.Column("made_at", time_type(), nullable=False),
        sa.Column("made_by", sa.String(255), nullable=False),
        sa.PrimaryKeyConstraint("listing_id", "other_listing_id", name=op.f("pk_property_rulings")),
        if_not_exists=True,
    )
    safely.create_index("ix_property_rulings_other", "property_rulings", ["other_listing_id"])


def downgrade() -> None:
    safely.add_column("listings", sa.Column("progress", sa.Text(), nullable=False, server_default=_NOTHING))
    for column in _MOVED[1:]:
        safely.add_column("listings", sa.Column(column, time_type(), nullable=True))
    op.execute(
        "UPDATE listings SET progress = properties.progress, told_at = properties.told_at, "
        "quiet_ends_at = properties.quiet_ends_at, due_at = properties.due_at "
        "FROM properties WHERE properties.id = listings.id"
    )
    safely.create_index("ix_listings_due", "listings", ["due_at"], where=_WAITS)
    safely.drop_index("ix_listings_property", "listings")
    for table, column in (
        ("listings", "property_id"),
        ("listings", "identity"),
        ("listing_changes", "before_listing_id"),
    ):
        safely.drop_column(table, column)
    for table in ("property_rulings", "property_keys", "properties"):
        op.drop_table(table, if_exists=True)


_NOTHING = "[null,null,null,null]"
"""What is known of a listing that has no record."""
