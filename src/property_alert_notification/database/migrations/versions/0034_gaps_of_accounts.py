"""The gap between the turns of a provider's account, from which its last turn is known."""

import sqlalchemy as sa

from property_alert_notification.database.migrations import safely

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None


def upgrade() -> None:
    safely.add_column("provider_accounts", sa.Column("gap", sa.BigInteger(), server_default="0", nullable=False))


def downgrade() -> None:
    safely.drop_column("provider_accounts", "gap")
