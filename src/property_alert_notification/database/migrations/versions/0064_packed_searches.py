"""The packed forms of searches are kept beside their expressions, so that a matcher starts without compiling them."""

import sqlalchemy as sa

from property_alert_notification.database.migrations import safely

revision = "0064"
down_revision = "0063"
branch_labels = None
depends_on = None


def upgrade() -> None:
    safely.add_column("saved_search_versions", sa.Column("packed", sa.LargeBinary(), nullable=True))


def downgrade() -> None:
    safely.drop_column("saved_search_versions", "packed")
