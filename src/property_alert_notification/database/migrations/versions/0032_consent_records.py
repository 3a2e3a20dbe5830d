"""Consent records, which no statement can change or delete."""

import sqlalchemy as sa
from alembic import op

from property_alert_notification.database import time_type

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None

_KEPT = (
    *("id", "subject", "about", "decision", "channel", "category", "scope"),
    *("source", "wording", "actor", "recorded_at", "expires_at"),
)
"""The columns that never change. `ip_address` may become null, when a user is erased."""

_MESSAGE = "a consent record is never changed or deleted; only its ip_address may become null"


def upgrade() -> None:
    op.create_table(
        "consent_records",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("subject", sa.String(32), nullable=False),
        sa.Column("about", sa.String(8), nullable=False),
        sa.Column("decision", sa.String(16), nullable=False),
        sa.Column("channel", sa.String(16), nullable=False),
        sa.Column("category", sa.String(64), nullable=False),
        sa.Column("scope", sa.String(16), nullable=False),
        sa.Column("source", sa.String(24), nullable=False),
        sa.Column("wording", sa.String(128)),
        sa.Column("ip_address", sa.String(45)),
        sa.Column("actor", sa.String(160), nullable=False),
        sa.Column("recorded_at", time_type(), nullable=False),
        sa.Column("expires_at", time_type()),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consent_records")),
        sa.Index("ix_consent_records_subject", "subject", "id"),
        if_not_exists=True,
    )
    for statement in _triggers(op.get_bind().dialect.name):
        op.execute(statement)


def _triggers(store: str) -> list[str]:
    differs = "IS NOT" if store == "sqlite" else "IS DISTINCT FROM"
    changed = " OR ".join(f"NEW.{name} {differs} OLD.{name}" for name in _KEPT)
    forbidden = f"NEW.ip_address IS NOT NULL OR {changed}"
    if store == "sqlite":
        triggers = {
            "consent_records_are_not_changed": f"BEFORE UPDATE ON consent_records WHEN {forbidden}",
            "consent_records_are_not_deleted": "BEFORE DELETE ON consent_records",
            # INSERT OR REPLACE deletes without a trigger.
            "consent_records_are_not_replaced": "BEFORE INSERT ON consent_records "
            "WHEN EXISTS (SELECT 1 FROM consent_records WHERE id = NEW.id)",
        }
        refuse = f"BEGIN SELECT RAISE(ABORT, '{_MESSAGE}'); END"
        return [f"CREATE TRIGGER IF NOT EXISTS {name} {when} {refuse}" for name, when in triggers.items()]
    call = "EXECUTE FUNCTION refuse_change_of_consent_records()"
    triggers = {
        "consent_records_are_not_changed": f"BEFORE UPDATE ON consent_records FOR EACH ROW WHEN ({forbidden})",
        "consent_records_are_not_deleted": "BEFORE DELETE ON consent_records FOR EACH ROW",
        "consent_records_are_not_truncated": "BEFORE TRUNCATE ON consent_records FOR EACH STATEMENT",
    }
    function = "FUNCTION refuse_change_of_consent_records() RETURNS trigger LANGUAGE plpgsql"
    return [
        f"CREATE OR REPLACE {function} AS $$ BEGIN RAISE EXCEPTION '{_MESSAGE}'; END $$",
        *(f"DROP TRIGGER IF EXISTS {name} ON consent_records" for name in triggers),
        *(f"CREATE TRIGGER {name} {when} {call}" for name, when in triggers.items()),
    ]


def downgrade() -> None:
    op.drop_table("consent_records", if_exists=True)
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION IF EXISTS refuse_change_of_consent_records()")
