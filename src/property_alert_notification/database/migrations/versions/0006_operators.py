"""What operators stopped, and what they had tried again."""

import sqlalchemy as sa
from alembic import op

from property_alert_notification.database import time_type
from property_alert_notification.database.migrations import safely

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_INDEXES = (
    ("ix_deliveries_quarantined", "id", "state = 'quarantined'"),
    ("ix_deliveries_held", "reason", "state = 'held'"),
)


def upgrade() -> None:
    op.create_table(
        "pauses",
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("paused_at", time_type(), nullable=False),
        sa.Column("paused_by", sa.String(110), nullable=False),
        sa.Column("resumed_at", time_type(), nullable=True),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_pauses")),
        if_not_exists=True,
    )
    safely.add_column("deliveries", sa.Column("replayed_at", time_type(), nullable=True))
    for name, column, condition in _INDEXES:
        safely.create_index(name, "deliveries", [column], where=condition)


def downgrade() -> None:
    for name, _, _ in reversed(_INDEXES):
        safely.drop_index(name, "deliveries")
    safely.drop_column("deliveries", "replayed_at")
    op.drop_table("pauses", if_exists=True)
