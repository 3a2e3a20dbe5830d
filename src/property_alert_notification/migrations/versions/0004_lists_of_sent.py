"""An index for lists of what was sent or delivered."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

FULFILLED = sa.text("state IN ('sent', 'delivered')")


def upgrade() -> None:
    op.create_index(
        "ix_deliveries_fulfilled",
        "deliveries",
        ["state", "notification_id"],
        sqlite_where=FULFILLED,
        postgresql_where=FULFILLED,
    )


def downgrade() -> None:
    op.drop_index("ix_deliveries_fulfilled", "deliveries")
