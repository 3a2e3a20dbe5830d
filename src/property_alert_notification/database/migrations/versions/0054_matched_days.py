"""On which day searches matched last: a row has those of thousands, so that a match changes no row of its search."""

from datetime import UTC, datetime, timedelta
from itertools import groupby

import sqlalchemy as sa
from alembic import op

from property_alert_notification.database import time_type
from property_alert_notification.database.migrations import safely

revision = "0054"
down_revision = "0053"
branch_labels = None
depends_on = None

_SIZE = 4_096
"""Searches of one row."""
_AT_ONCE = 20_480
_FIRST = datetime(1970, 1, 1, tzinfo=UTC)

_searches = sa.table("saved_searches", sa.column("number", sa.BigInteger()), sa.column("matched_at", time_type()))
_blocks = sa.table("matched_days", sa.column("block", sa.BigInteger()), sa.column("days", sa.Text()))
_NEXT = (
    sa.select(_searches.c.number, _searches.c.matched_at)
    .where(
        _searches.c.number >= sa.bindparam("first"),
        _searches.c.number < sa.bindparam("end"),
        _searches.c.matched_at.is_not(None),
    )
    .order_by(_searches.c.number)
)


def upgrade() -> None:
    op.create_table(
        "matched_days",
        sa.Column("block", sa.BigInteger(), nullable=False, autoincrement=False),
        sa.Column("days", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("block", name=op.f("pk_matched_days")),
        if_not_exists=True,
    )
    store = op.get_bind()
    last = store.execute(sa.select(sa.func.max(_searches.c.number))).scalar()
    for first in range(0, (last or -1) + 1, _AT_ONCE):
        rows = store.execute(_NEXT, {"first": first, "end": first + _AT_ONCE}).all()
        blocks = [
            {"block": block, "days": _written({row[0] % _SIZE: (row[1] - _FIRST).days for row in some})}
            for block, some in groupby(rows, key=lambda row: row[0] // _SIZE)
        ]
        if blocks:
            store.execute(sa.insert(_blocks), blocks)
    safely.drop_column("saved_searches", "matched_at")


def _written(days: dict[int, int]) -> str:
    return "".join(f"{days.get(place, 0):04x}" for place in range(_SIZE))


def downgrade() -> None:
    safely.add_column("saved_searches", sa.Column("matched_at", time_type(), nullable=True))
    store = op.get_bind()
    for block, text in store.execute(sa.select(_blocks.c.block, _blocks.c.days)).all():
        days: dict[int, list[int]] = {}
        for place in range(len(text) // 4):
            if (day := int(text[4 * place : 4 * place + 4], 16)) != 0:
                days.setdefault(day, []).append(block * _SIZE + place)
        for day, numbers in days.items():
            at = _FIRST + timedelta(days=day)
            store.execute(sa.update(_searches).where(_searches.c.number.in_(numbers)).values(matched_at=at))
    op.drop_table("matched_days", if_exists=True)
