"""When a saved search matched and was viewed last, and what its user was told about it."""

import sqlalchemy as sa
from alembic import op

from property_alert_notification.database import time_type
from property_alert_notification.database.migrations import safely

revision = "0044"
down_revision = "0043"
branch_labels = None
depends_on = None

_TIMES = ("check_at", "matched_at", "viewed_at", "told_at")


def upgrade() -> None:
    for name in _TIMES:
        safely.add_column("saved_searches", sa.Column(name, time_type(), nullable=True))
    safely.add_column("saved_searches", sa.Column("ignored", sa.Integer(), nullable=False, server_default="0"))
    safely.add_column("saved_searches", sa.Column("usual_schedule", sa.String(300), nullable=True))
    safely.add_column(
        "saved_searches", sa.Column("told_too_many", sa.Boolean(), nullable=False, server_default=sa.false())
    )
    op.execute("UPDATE saved_searches SET check_at = created_at WHERE active AND check_at IS NULL")
    safely.create_index("ix_saved_searches_check", "saved_searches", ["check_at"], where="check_at IS NOT NULL")


def downgrade() -> None:
    safely.drop_index("ix_saved_searches_check", "saved_searches")
    for name in ("told_too_many", "usual_schedule", "ignored", *_TIMES):
        safely.drop_column("saved_searches", name)
