"""Erasures of users, and how their digest windows and idempotency keys are found."""

import sqlalchemy as sa
from alembic import op

from property_alert_notification.database import time_type
from property_alert_notification.database.migrations import safely

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "erasures",
        sa.Column("subject", sa.String(32), nullable=False),
        sa.Column("about", sa.String(8), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=True),
        sa.Column("requested_by", sa.String(160), nullable=False),
        sa.Column("requested_at", time_type(), nullable=False),
        sa.Column("due_at", time_type(), nullable=True),
        sa.Column("finished_at", time_type(), nullable=True),
        sa.Column("counted", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("subject", name=op.f("pk_erasures")),
        if_not_exists=True,
    )
    safely.create_index("ix_erasures_due", "erasures", ["due_at"], where="due_at IS NOT NULL")
    safely.create_index("ix_erasures_finished", "erasures", ["finished_at"], where="finished_at IS NOT NULL")
    safely.add_column("idempotency_keys", sa.Column("user_id", sa.BigInteger(), nullable=True))
    safely.create_index("ix_digest_windows_of_user", "digest_windows", ["user_id", "closed_at"])
    safely.drop_index("ix_digest_windows_user", "digest_windows")


def downgrade() -> None:
    safely.create_index("ix_digest_windows_user", "digest_windows", ["user_id"], where="closed_at IS NULL")
    safely.drop_index("ix_digest_windows_of_user", "digest_windows")
    safely.drop_column("idempotency_keys", "user_id")
    op.drop_table("erasures", if_exists=True)
