"""Notes which saved search a message is about that tells of no home, so that it can be looked at before it is sent."""

import sqlalchemy as sa
from alembic import op

revision = "0081"
down_revision = "0080"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "search_notices",
        sa.Column("notification_id", sa.Uuid(), nullable=False),
        sa.Column("search_number", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["notification_id"],
            ["notifications.id"],
            name=op.f("fk_search_notices_notification_id_notifications"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("notification_id", name=op.f("pk_search_notices")),
        if_not_exists=True,
    )


def downgrade() -> None:
    op.drop_table("search_notices", if_exists=True)
