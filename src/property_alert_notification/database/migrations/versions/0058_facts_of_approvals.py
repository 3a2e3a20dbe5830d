"""The facts that alerts tell if they are approved."""

import sqlalchemy as sa
from alembic import op

from property_alert_notification.database.migrations import safely

revision = "0058"
down_revision = "0057"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "approval_facts",
        sa.Column("notification_id", sa.Uuid(), nullable=False),
        sa.Column("listing_id", sa.Uuid(), nullable=False),
        sa.Column("fact", sa.String(64), nullable=False),
        sa.Column("person", sa.BigInteger(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("in_first_alert", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["notification_id"],
            ["notifications.id"],
            name=op.f("fk_approval_facts_notification_id_notifications"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("notification_id", "listing_id", "fact", name=op.f("pk_approval_facts")),
        if_not_exists=True,
    )
    safely.create_index("ix_approval_facts_listing", "approval_facts", ["listing_id", "fact"])


def downgrade() -> None:
    op.drop_table("approval_facts", if_exists=True)
