"""No column belongs to one channel: preferences and scheduled notifications have all their channels in one.

The version before cannot read the store afterwards, nor could it see what this one writes: stop it first.
"""

import sqlalchemy as sa
from alembic import op

from property_alert_notification.database.migrations import safely

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_PREFERENCES = ("preferences", "test_preferences")
_SWITCHES = {"email_enabled": "email", "sms_enabled": "sms"}
_ADDRESSES = {"user_email": ("email", 320), "user_phone_number": ("sms", 32)}


def upgrade() -> None:
    for table in _PREFERENCES:
        safely.add_column(table, sa.Column("channels", sa.Text(), server_default="", nullable=False))
        words = " || ".join(f"CASE WHEN {one} THEN '{channel} ' ELSE '' END" for one, channel in _SWITCHES.items())
        op.execute(f"UPDATE {table} SET channels = TRIM({words})")  # noqa: S608 - names of ours
        for column in _SWITCHES:
            safely.drop_column(table, column)
    safely.add_column("notifications", sa.Column("addresses", sa.Text(), nullable=True))
    has_any = " OR ".join(f"{_text(column)} IS NOT NULL" for column in _ADDRESSES)
    op.execute(f"UPDATE notifications SET addresses = {_as_json()} WHERE {has_any}")  # noqa: S608 - names of ours
    for column in _ADDRESSES:
        safely.drop_column("notifications", column)


def downgrade() -> None:
    for column, (channel, length) in _ADDRESSES.items():
        safely.add_column("notifications", sa.Column(column, sa.String(length), nullable=True))
        address = _in_json(channel)
        op.execute(f"UPDATE notifications SET {column} = {address} WHERE addresses IS NOT NULL")  # noqa: S608
    safely.drop_column("notifications", "addresses")
    for table in _PREFERENCES:
        for column, channel in _SWITCHES.items():
            safely.add_column(table, sa.Column(column, sa.Boolean(), server_default=sa.false(), nullable=False))
            wanted = f"' ' || channels || ' ' LIKE '% {channel} %'"
            op.execute(f"UPDATE {table} SET {column} = TRUE WHERE {wanted}")  # noqa: S608
        safely.drop_column(table, "channels")


def _is_postgresql() -> bool:
    return op.get_bind().dialect.name == "postgresql"


def _text(column: str) -> str:
    """SQLite keeps anything in a column, and no JSON holds bytes."""
    return column if _is_postgresql() else f"CASE WHEN TYPEOF({column}) = 'text' THEN {column} END"


def _as_json() -> str:
    pairs = ", ".join(f"'{channel}', {_text(column)}" for column, (channel, _) in _ADDRESSES.items())
    if _is_postgresql():
        return f"CAST(json_strip_nulls(json_build_object({pairs})) AS TEXT)"
    return f"json_patch('{{}}', json_object({pairs}))"


def _in_json(channel: str) -> str:
    if _is_postgresql():
        return f"CAST(addresses AS JSON) ->> '{channel}'"
    return f"CASE WHEN json_valid(addresses) THEN json_extract(addresses, '$.{channel}') END"
