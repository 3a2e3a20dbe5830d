"""What was defined of categories by API."""

import sqlalchemy as sa
from alembic import op

from property_alert_notification.database import time_type

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "categories",
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("definition", sa.Text(), nullable=False),
        sa.Column("changed_at", time_type(), nullable=False),
        sa.Column("changed_by", sa.String(160), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_categories")),
        if_not_exists=True,
    )


def downgrade() -> None:
    op.drop_table("categories", if_exists=True)
