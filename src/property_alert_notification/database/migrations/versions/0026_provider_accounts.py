"""When the next message of a provider's account may begin."""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "provider_accounts",
        sa.Column("channel", sa.String(16), nullable=False),
        sa.Column("provider", sa.String(64), nullable=False),
        sa.Column("next_turn", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("channel", "provider", name=op.f("pk_provider_accounts")),
        if_not_exists=True,
    )


def downgrade() -> None:
    op.drop_table("provider_accounts", if_exists=True)
