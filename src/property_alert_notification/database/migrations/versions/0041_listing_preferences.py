"""What users think of listings: favourites and discarded ones."""

import sqlalchemy as sa
from alembic import op

from property_alert_notification.database import time_type
from property_alert_notification.database.migrations import safely

revision = "0041"
down_revision = "0040"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "listing_preferences",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person", sa.BigInteger(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("listing_id", sa.Uuid(), nullable=False),
        sa.Column("preference", sa.String(16), nullable=False),
        sa.Column("changed_at", time_type(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_listing_preferences")),
        sa.UniqueConstraint("person", "listing_id", name=op.f("uq_listing_preferences_person_listing_id")),
        if_not_exists=True,
    )
    safely.create_index("ix_listing_preferences_user", "listing_preferences", ["user_id", "id"])
    safely.create_index("ix_listing_preferences_listing", "listing_preferences", ["listing_id"])
    safely.create_index(
        "ix_listing_preferences_discarded",
        "listing_preferences",
        ["listing_id", "person"],
        where="preference = 'Discard'",
    )


def downgrade() -> None:
    op.drop_table("listing_preferences", if_exists=True)
