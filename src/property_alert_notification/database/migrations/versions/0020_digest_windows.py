"""Digest windows, and an index that finds deliveries by what holds or has collected them."""

import sqlalchemy as sa
from alembic import op

from property_alert_notification.database import time_type
from property_alert_notification.database.migrations import safely

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

_INDEXES = {
    "ix_digest_windows_due": ("due_at", "due_at IS NOT NULL"),
    "ix_digest_windows_user": ("user_id", "closed_at IS NULL"),
    "ix_digest_windows_digest": ("digest_id", "digest_id IS NOT NULL"),
    "ix_digest_windows_closes_at": ("closes_at", None),
}


def upgrade() -> None:
    op.create_table(
        "digest_windows",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("test", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("channel", sa.String(16), nullable=False),
        sa.Column("category", sa.String(64), nullable=False),
        sa.Column("closes_at", time_type(), nullable=False),
        sa.Column("due_at", time_type(), nullable=True),
        sa.Column("closed_at", time_type(), nullable=True),
        sa.Column("digest_id", sa.Uuid(), nullable=True),
        sa.Column("items", sa.Integer(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_digest_windows")),
        if_not_exists=True,
    )
    for name, (column, where) in _INDEXES.items():
        safely.create_index(name, "digest_windows", [column], where=where)
    safely.create_index("ix_deliveries_holder", "deliveries", ["held_by"], where="held_by IS NOT NULL")
    safely.drop_index("ix_deliveries_held_by", "deliveries")


def downgrade() -> None:
    safely.create_index("ix_deliveries_held_by", "deliveries", ["held_by"], where="state = 'held'")
    safely.drop_index("ix_deliveries_holder", "deliveries")
    op.drop_table("digest_windows", if_exists=True)
