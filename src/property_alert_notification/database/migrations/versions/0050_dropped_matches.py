"""Why matches were dropped that nobody was told of."""

import sqlalchemy as sa
from alembic import op

revision = "0050"
down_revision = "0049"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "dropped_matches",
        sa.Column("sequence", sa.BigInteger(), nullable=False, autoincrement=False),
        sa.Column("reason_code", sa.String(32), nullable=False),
        sa.Column("first_search", sa.BigInteger(), nullable=False, autoincrement=False),
        sa.Column("searches", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("sequence", "reason_code", "first_search", name=op.f("pk_dropped_matches")),
        if_not_exists=True,
    )


def downgrade() -> None:
    op.drop_table("dropped_matches", if_exists=True)
