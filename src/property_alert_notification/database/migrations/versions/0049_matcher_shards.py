"""Several matchers at the same time: shards, each with rows of its own in the told ledger and in the match log."""

from base64 import b64decode, b64encode
from collections.abc import Callable, Iterable, Iterator, Sequence

import sqlalchemy as sa
from alembic import op

from property_alert_notification.database import time_type
from property_alert_notification.database.migrations import safely

revision = "0049"
down_revision = "0044"
branch_labels = None
depends_on = None

_KEYS = {"told": ("property_id", "fact"), "match_log": ("sequence",)}
_PACKED = {"told": "people", "match_log": "matches"}
_SHARD_COLUMNS = ("part", "parts", "wanted_by", "wanted_until")


def upgrade() -> None:
    safely.add_column("matchers", sa.Column("part", sa.Integer(), nullable=False, server_default="0"))
    safely.add_column("matchers", sa.Column("parts", sa.Integer(), nullable=False, server_default="1"))
    safely.add_column("matchers", sa.Column("wanted_by", sa.Uuid(), nullable=True))
    safely.add_column("matchers", sa.Column("wanted_until", time_type(), nullable=True))
    for table in _KEYS:
        safely.add_column(table, sa.Column("shard", sa.Integer(), nullable=False, server_default="0"))
    _change_keys(lambda table: [*_KEYS[table], "shard"])


def downgrade() -> None:
    least = op.get_bind().execute(sa.text("SELECT min(position) FROM matchers")).scalar()
    op.execute("DELETE FROM matchers")
    if least is not None:
        op.get_bind().execute(
            sa.text("INSERT INTO matchers (shard, fence, position) VALUES (0, 0, :at)"), {"at": least}
        )
    for table, key in _KEYS.items():
        _unite(table, key, _PACKED[table])
    _change_keys(lambda table: [*_KEYS[table]])
    for table in _KEYS:
        safely.drop_column(table, "shard")
    for name in _SHARD_COLUMNS:
        safely.drop_column("matchers", name)


def _change_keys(key_of: Callable[[str], Sequence[str]]) -> None:
    for table in _KEYS:
        safely.change_primary_key(table, key_of(table))


def _unite(table: str, key: Sequence[str], packed: str) -> None:
    """Make one row of those of all shards."""
    bind, names = op.get_bind(), ", ".join(key)
    several = f"SELECT {names} FROM {table} GROUP BY {names} HAVING count(*) > 1"  # noqa: S608 - names of ours
    its = " AND ".join(f"{name} = :{name}" for name in key)
    for row in bind.execute(sa.text(several)).mappings().all():
        rows = bind.execute(
            sa.text(f"SELECT shard, {packed} FROM {table} WHERE {its} ORDER BY shard"),  # noqa: S608
            dict(row),
        ).all()
        every = _packed({number for one in rows for number in _unpacked(one[1])})
        values = {**row, "first": rows[0][0], "every": every}
        bind.execute(sa.text(f"DELETE FROM {table} WHERE {its} AND shard <> :first"), values)  # noqa: S608
        bind.execute(sa.text(f"UPDATE {table} SET {packed} = :every WHERE {its}"), values)  # noqa: S608


def _unpacked(text: str) -> Iterator[int]:
    """The numbers of a packed set: distances in groups of seven bits, as base64."""
    last = distance = shift = 0
    for byte in b64decode(text):
        distance, shift = distance | (byte & 0x7F) << shift, shift + 7
        if byte < 0x80:
            last += distance
            yield last
            distance = shift = 0


def _packed(numbers: Iterable[int]) -> str:
    written, last = bytearray(), 0
    for number in sorted(numbers):
        distance, last = number - last, number
        while distance >= 0x80:
            written.append(distance & 0x7F | 0x80)
            distance >>= 7
        written.append(distance)
    return b64encode(written).decode("ascii")
