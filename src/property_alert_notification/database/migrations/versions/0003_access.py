"""API keys, their rates, and the record of administrative changes."""

import sqlalchemy as sa
from alembic import op

from property_alert_notification.database import time_type

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "api_keys",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("prefix", sa.String(16), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("scopes", sa.String(255), nullable=False),
        sa.Column("test", sa.Boolean(), nullable=False),
        sa.Column("rate_limit", sa.Integer(), nullable=True),
        sa.Column("rate_period", sa.Integer(), nullable=True),
        sa.Column("created_at", time_type(), nullable=False),
        sa.Column("expires_at", time_type(), nullable=True),
        sa.Column("revoked_at", time_type(), nullable=True),
        sa.Column("last_used_at", time_type(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_keys")),
        sa.UniqueConstraint("digest", name=op.f("uq_api_keys_digest")),
    )
    op.create_index("ix_api_keys_name", "api_keys", ["name"])
    op.create_table(
        "rate_windows",
        sa.Column("owner", sa.String(110), nullable=False),
        sa.Column("starts_at", time_type(), nullable=False),
        sa.Column("ends_at", time_type(), nullable=False),
        sa.Column("leased", sa.Integer(), nullable=False),
        sa.Column("granted", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("owner", "starts_at", "ends_at", name=op.f("pk_rate_windows")),
    )
    op.create_index("ix_rate_windows_ends_at", "rate_windows", ["ends_at"])
    op.create_table(
        "audit_log",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("at", time_type(), nullable=False),
        sa.Column("actor", sa.String(110), nullable=False),
        sa.Column("action", sa.String(64), nullable=False),
        sa.Column("subject", sa.String(255), nullable=False),
        sa.Column("details", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_log")),
    )


def downgrade() -> None:
    op.drop_table("audit_log")
    op.drop_index("ix_rate_windows_ends_at", "rate_windows")
    op.drop_table("rate_windows")
    op.drop_index("ix_api_keys_name", "api_keys")
    op.drop_table("api_keys")
