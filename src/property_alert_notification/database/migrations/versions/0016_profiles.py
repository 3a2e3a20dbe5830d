"""The profiles that the directory holds."""

import sqlalchemy as sa
from alembic import op

from property_alert_notification.database import time_type

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

_TEXTS = ("email", "phone_number", "name", "language", "time_zone", "country")


def upgrade() -> None:
    op.create_table(
        "profiles",
        sa.Column("user_id", sa.BigInteger(), autoincrement=False, nullable=False),
        *[sa.Column(name, sa.Text(), nullable=True) for name in _TEXTS],
        sa.Column("missing", sa.Boolean(), nullable=False),
        sa.Column("pushed", sa.Boolean(), nullable=False),
        sa.Column("etag", sa.Text(), nullable=True),
        sa.Column("known_at", time_type(), nullable=False),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_profiles")),
        if_not_exists=True,
    )


def downgrade() -> None:
    op.drop_table("profiles", if_exists=True)
