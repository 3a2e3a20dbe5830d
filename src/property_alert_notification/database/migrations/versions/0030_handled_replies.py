"""Which messages of people an operator has handled."""

import sqlalchemy as sa

from property_alert_notification.database import time_type
from property_alert_notification.database.migrations import safely

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None

TABLE = "inbound_replies"
INDEX = "ix_inbound_replies_waiting"


def upgrade() -> None:
    safely.add_column(TABLE, sa.Column("handled_at", time_type(), nullable=True))
    safely.add_column(TABLE, sa.Column("handled_by", sa.String(160), nullable=True))
    safely.create_index(INDEX, TABLE, ["id"], where="is_refusal AND handled_at IS NULL")


def downgrade() -> None:
    safely.drop_index(INDEX, TABLE)
    safely.drop_column(TABLE, "handled_by")
    safely.drop_column(TABLE, "handled_at")
