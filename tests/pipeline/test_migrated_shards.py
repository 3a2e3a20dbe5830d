"""A store of the version that knew one matcher keeps who was told what, and can go back to that version."""

from uuid import UUID

import numpy as np
from sqlalchemy import BigInteger, Text, Uuid, column, insert, select, table, update

from property_alert_notification.base.times import EARLIEST
from property_alert_notification.database import Database, migrations, table_of, time_type
from property_alert_notification.homes.alerts.ledger.queries import put_told, told_of
from property_alert_notification.homes.alerts.models import MatcherLease, MatchLogEntry
from property_alert_notification.homes.alerts.numbers import pack, unpack
from property_alert_notification.homes.alerts.queries import add_log
from property_alert_notification.homes.alerts.shards import queries
from tests.pipeline.test_migrations import empty

__all__ = ["empty"]

HOME = UUID(int=1)
MANY = np.arange(0, 3_000_000, 997)

_MATCHERS = table("matchers", *(column(name, BigInteger()) for name in ("shard", "fence", "position")))
_TOLD = table(
    "told",
    column("property_id", Uuid()),
    column("fact", Text()),
    column("people", Text()),
    column("sequence", BigInteger()),
    column("changed_at", time_type()),
)
_LOG = table(
    "match_log",
    column("sequence", BigInteger()),
    column("listing_id", Uuid()),
    column("property_id", Uuid()),
    column("matches", Text()),
    column("made_at", time_type()),
)


async def test_who_was_told_what_is_kept_on_the_way_to_shards_and_back(empty: Database) -> None:
    await migrations.upgrade(empty, "0044")
    told = {"property_id": HOME, "fact": "sold", "people": pack(MANY), "sequence": 7, "changed_at": EARLIEST}
    logged = {"sequence": 7, "listing_id": HOME, "property_id": HOME, "matches": pack(MANY), "made_at": EARLIEST}
    async with empty.transaction() as connection:
        await connection.execute(insert(_MATCHERS).values(shard=0, fence=3, position=90))
        await connection.execute(insert(_TOLD).values(told))
        await connection.execute(insert(_LOG).values(logged))

    await migrations.upgrade(empty)
    assert (await migrations.examine(empty)).works
    matchers = table_of(MatcherLease)
    async with empty.transaction() as connection:
        assert await queries.divide(connection, 3, now=EARLIEST)
        await connection.execute(update(matchers).where(matchers.c.part == 1).values(position=95))
        shards = [row.shard for row in await queries.shards(connection)]
        await put_told(connection, [((HOME, "sold"), MANY + 1, 8)], shards=shards, now=EARLIEST)
        for shard in shards:
            await add_log(connection, [(7, HOME, HOME, pack(MANY + 1), EARLIEST)], shard=shard.number)
    every = np.union1d(MANY, MANY + 1)
    async with empty.reading() as connection:
        known = await told_of(connection, {(HOME, "sold")})
        assert (await connection.execute(select(table_of(MatchLogEntry).c.shard))).all() == [(0,), (1,), (2,), (3,)]
    assert known[HOME, "sold"].tolist() == every.tolist()

    await migrations.downgrade(empty, "0044")
    async with empty.reading() as connection:
        assert (await connection.execute(select(*_MATCHERS.c))).all() == [(0, 0, 90)]
        [people] = (await connection.execute(select(_TOLD.c.people))).scalars()
        [matches] = (await connection.execute(select(_LOG.c.matches))).scalars()
    assert unpack(people).tolist() == every.tolist()
    assert matches == people
