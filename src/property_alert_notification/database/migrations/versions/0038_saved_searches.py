"""Saved searches: what users see, the versions that the matcher reads, and the numbers of their users."""

import sqlalchemy as sa
from alembic import op

from property_alert_notification.database import time_type
from property_alert_notification.database.migrations import safely

revision = "0038"
down_revision = "0037"
branch_labels = None
depends_on = None

_HAS_ENDED = "until_at IS NOT NULL"


def upgrade() -> None:
    op.create_table(
        "saved_searches",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("person", sa.BigInteger(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.String(255), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("query_type", sa.String(16), nullable=False),
        sa.Column("query", sa.Text(), nullable=False),
        sa.Column("expression", sa.Text(), nullable=False),
        sa.Column("schedule_type", sa.String(16), nullable=False),
        sa.Column("daily_schedule", sa.String(255), nullable=False),
        sa.Column("channels", sa.String(255), nullable=True),
        sa.Column("change_types", sa.String(255), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("reason_code", sa.String(64), nullable=True),
        sa.Column("expected_per_day", sa.Float(), nullable=True),
        sa.Column("warnings", sa.String(255), nullable=False),
        sa.Column("created_at", time_type(), nullable=False),
        sa.Column("changed_at", time_type(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_searches")),
        sa.UniqueConstraint("number", name=op.f("uq_saved_searches_number")),
        if_not_exists=True,
    )
    safely.create_index("ix_saved_searches_user", "saved_searches", ["user_id", "id"])
    _create_versions()
    op.create_table(
        "search_people",
        sa.Column("number", sa.BigInteger(), nullable=False, autoincrement=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_search_people")),
        sa.UniqueConstraint("user_id", name=op.f("uq_search_people_user_id")),
        if_not_exists=True,
    )


def _create_versions() -> None:
    op.create_table(
        "saved_search_versions",
        sa.Column("search_number", sa.BigInteger(), nullable=False, autoincrement=False),
        sa.Column("version", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("person", sa.BigInteger(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("from_sequence", sa.BigInteger(), nullable=False),
        sa.Column("until_sequence", sa.BigInteger(), nullable=True),
        sa.Column("from_at", time_type(), nullable=False),
        sa.Column("until_at", time_type(), nullable=True),
        sa.Column("query_type", sa.String(16), nullable=False),
        sa.Column("query", sa.Text(), nullable=False),
        sa.Column("expression", sa.Text(), nullable=False),
        sa.Column("schedule_type", sa.String(16), nullable=False),
        sa.Column("change_types", sa.String(255), nullable=False),
        sa.PrimaryKeyConstraint("search_number", "version", name=op.f("pk_saved_search_versions")),
        if_not_exists=True,
    )
    for column in ("from", "until"):
        safely.create_index(f"ix_saved_search_versions_{column}", "saved_search_versions", [f"{column}_sequence"])
    safely.create_index("ix_saved_search_versions_user", "saved_search_versions", ["user_id"])
    safely.create_index("ix_saved_search_versions_ended", "saved_search_versions", ["until_at"], where=_HAS_ENDED)


def downgrade() -> None:
    for table in ("search_people", "saved_search_versions", "saved_searches"):
        op.drop_table(table, if_exists=True)
