"""A store of the version that knew one matcher keeps who was told what, and can go back to that version."""

from uuid import UUID

import numpy as np
from sqlalchemy import BigInteger, Text, Uuid, column, insert, select, table, update

from property_alert_notification.base.times import EARLIEST
from property_alert_notification.database import Database, migrations, table_of, time_type
from property_alert_notification.homes.alerts.ledger.queries import NewlyTold, put_told, told_of
from property_alert_notification.homes.alerts.match_log import queries as match_log
from property_alert_notification.homes.alerts.models import MatcherLease, MatchLogEntry
from property_alert_notification.homes.alerts.numbers import pack, unpack
from property_alert_notification.homes.alerts.shards import queries
from tests.pipeline.test_migrations import empty

__all__ = ["empty"]

HOME, OTHER = UUID(int=1), UUID(int=2)
"""The listings of one home; the first one has its id."""
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
_LISTINGS = table(
    "listings",
    column("id", Uuid()),
    *(column(name, Text()) for name in ("source", "listing_key", "status", "identity")),
    column("property_id", Uuid()),
)
_CHANGES = table(
    "listing_changes",
    *(column(name, Uuid()) for name in ("id", "listing_id")),
    *(column(name, time_type()) for name in ("modified_at", "made_at")),
    column("facts", Text()),
    column("sequence", BigInteger()),
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
        await connection.execute(insert(_TOLD).values([told, told | {"fact": "listed", "sequence": 6}]))
        for id_, sequence in ((HOME, 6), (OTHER, 7)):
            its = {"source": "", "status": "Active", "identity": "", "property_id": HOME, "listing_key": str(id_)}
            await connection.execute(insert(_LISTINGS).values(id=id_, **its))
            made = {"id": id_, "listing_id": id_, "modified_at": EARLIEST, "made_at": EARLIEST, "facts": "[]"}
            await connection.execute(insert(_CHANGES).values(sequence=sequence, **made))
        await connection.execute(insert(_LOG).values(logged))

    await migrations.upgrade(empty)
    assert (await migrations.examine(empty)).works
    matchers = table_of(MatcherLease)
    async with empty.transaction() as connection:
        assert await queries.divide(connection, 3, now=EARLIEST)
        await connection.execute(update(matchers).where(matchers.c.part == 1).values(position=95))
        shards = [row.shard for row in await queries.shards(connection)]
        known = await told_of(connection, {(HOME, "sold")})
        assert known.by_listings.keys() == {(OTHER, "sold")}
        new = [NewlyTold(HOME, "sold", person, 8) for person in (MANY + 1).tolist()]
        await put_told(connection, new, known, shards=shards, now=EARLIEST)
        for shard in shards:
            await match_log.add(connection, [(7, HOME, HOME, pack(MANY + 1), EARLIEST)], shard=shard.number)
    every = np.union1d(MANY, MANY + 1)
    async with empty.reading() as connection:
        known = await told_of(connection, {(OTHER, "sold"), (OTHER, "listed")})
        assert (await connection.execute(select(table_of(MatchLogEntry).c.shard))).all() == [(0,), (1,), (2,), (3,)]
    assert known.of(OTHER, "sold").tolist() == every.tolist()
    assert known.by_listings[HOME, "listed"].tolist() == MANY.tolist()

    await migrations.downgrade(empty, "0044")
    async with empty.reading() as connection:
        assert (await connection.execute(select(*_MATCHERS.c))).all() == [(0, 0, 90)]
        asked = select(_TOLD.c.people).where(_TOLD.c.property_id == HOME, _TOLD.c.fact == "sold")
        [people] = (await connection.execute(asked)).scalars()
        [matches] = (await connection.execute(select(_LOG.c.matches))).scalars()
    assert unpack(people).tolist() == every.tolist()
    assert matches == people
