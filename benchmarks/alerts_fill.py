"""A child that fills a store with saved searches of users who want email: one search of twenty alerts at once.

It also scans all searches with numpy: the speed of the matcher is compared with it, and the number of its alerts.
"""

import argparse
import asyncio
import itertools
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, cast

import numpy as np
from sqlalchemy import insert, text
from sqlalchemy.ext.asyncio import AsyncConnection

from benchmarks.alerts_workload import ONE_AT_ONCE, Market, email_of, user_of, users_of
from benchmarks.children import say
from benchmarks.matching_load import Load
from benchmarks.matching_scan import Scan
from property_alert_notification.base import logs
from property_alert_notification.base.process import new_event_loop
from property_alert_notification.base.settings import Settings, load
from property_alert_notification.database import Database, table_of
from property_alert_notification.homes.alerts.models import MatcherLease, SearchDigest
from property_alert_notification.homes.criteria.expression import And, Expression, to_json
from property_alert_notification.homes.listings.queries import take_numbers
from property_alert_notification.homes.matching.pack import pack
from property_alert_notification.homes.saved_searches.models import SavedSearch, SavedSearchVersion, SearchPerson
from property_alert_notification.homes.saved_searches.scripts import PEOPLE, SEARCHES
from property_alert_notification.homes.saved_searches.words import DEFAULT_CHANGE_TYPES, ScheduleType, written_changes
from property_alert_notification.people.directory import queries as directory
from property_alert_notification.people.directory.profile import Entry, Profile
from property_alert_notification.people.preferences import queries as preferences
from property_alert_notification.people.preferences.models import Preference
from property_alert_notification.wiring import Parts, assemble

AT_ONCE = 5_000
SCANS = 40
"""Listings that are matched by the scan alone."""

_FAR = timedelta(days=2)
"""No digest and no check of a search falls into the measurement."""


async def fill(searches: int, markets: list[Market]) -> None:
    """Fill the store of the settings, and say how long it took, and what a scan of all searches takes.

    It also says how many alerts the homes of each market lead to.
    """
    settings = load(Settings).model_copy(update={"store_timeout": 60.0})
    logs.configure(level=settings.log_level, as_json=True)  # its standard output is for the parent
    scan, began = Scan(), time.monotonic()
    async with assemble(settings) as parts:
        await _add_users(parts, users_of(searches))
        await _add_searches(parts, searches, scan)
        await _settle(parts.database)
    filled = time.monotonic() - began
    scan.freeze()
    times = []
    for listing in Load(part="scanned").listings(SCANS):
        before = time.thread_time()
        scan.match(listing)
        times.append(time.thread_time() - before)
    alerts = {one.name: sum(map(sum, one.alerts(scan, searches))) for one in markets}
    say(seconds=filled, scan_ms=float(np.mean(times)) * 1_000, alerts=alerts)


async def _settle(database: Database) -> None:
    """Bring the store to where one is that has been in use for long: vacuumed, with statistics, and flushed.

    PostgreSQL would do so in the minutes after the fill, and its processors and disk are those that are measured.
    """
    if database.is_sqlite:
        async with database.reading() as connection:
            await connection.execute(text("ANALYZE"))
        return
    async with database.without_haste() as unhurried, unhurried.reading() as connection:
        for statement in ("VACUUM (ANALYZE)", "CHECKPOINT"):
            await connection.execute(text(statement))


async def _add_users(parts: Parts, users: int) -> None:
    now, ids = parts.clock.now(), iter(range(1, users + 1))
    while some := list(itertools.islice(ids, AT_ONCE)):
        async with parts.database.transaction() as connection:
            wanted = [Preference(user_id=user, channels="email", updated_at=now) for user in some]
            await preferences.create(connection, wanted, test=False)
            profiles = {user: Entry(Profile(user, email_of(user), language="en"), now, pushed=True) for user in some}
            await directory.put(connection, profiles)
            await take_numbers(connection, len(some), name=PEOPLE)
            people = [{"number": user, "user_id": user} for user in some]
            await connection.execute(insert(table_of(SearchPerson)), people)


async def _add_searches(parts: Parts, searches: int, scan: Scan) -> None:
    now, last = parts.clock.now(), 0
    rows = enumerate(_scanned(Load().searches(searches), scan), start=1)
    while some := list(itertools.islice(rows, AT_ONCE)):
        async with parts.database.transaction() as connection:
            await take_numbers(connection, len(some), name=SEARCHES)
            first = await take_numbers(connection, len(some))
            last = first + len(some) - 1
            stored = [_row(number, one, searches, now) for number, one in some]
            await _add(connection, stored, first, parts, now)
    async with parts.database.transaction() as connection:
        await connection.execute(insert(table_of(MatcherLease)), {"shard": 0, "fence": 0, "position": last})


def _scanned(searches: Iterator[Expression], scan: Scan) -> Iterator[str]:
    for search in searches:
        scan.add(cast(And, search))
        yield to_json(search)


def _row(number: int, expression: str, searches: int, now: datetime) -> dict[str, Any]:
    """What a search and its version have in common."""
    user = user_of(number, searches)
    return {
        "number": number,
        "person": user,
        "user_id": user,
        "version": 1,
        "query_type": "Criteria",
        "query": expression,
        "expression": expression,
        "schedule_type": ScheduleType.DAILY if number % ONE_AT_ONCE else ScheduleType.ASAP,
        "change_types": written_changes(DEFAULT_CHANGE_TYPES),
    }


async def _add(
    connection: AsyncConnection, stored: list[dict[str, Any]], first: int, parts: Parts, now: datetime
) -> None:
    due = now + _FAR
    more = {"daily_schedule": "", "active": True, "warnings": "", "created_at": now, "changed_at": now, "check_at": due}
    searches = [row | more | {"id": parts.clock.new_id(), "name": f"Search {row['number']}"} for row in stored]
    await connection.execute(insert(table_of(SavedSearch)), searches)
    versions = []
    for sequence, row in enumerate(stored, start=first):
        version = row | {"search_number": row["number"], "from_sequence": sequence, "from_at": now}
        version["packed"] = pack(row["expression"])
        del version["number"]
        versions.append(version)
    await connection.execute(insert(table_of(SavedSearchVersion)), versions)
    waiting = [
        {"search_number": row["number"], "person": row["person"], "sequence": first, "due_at": due, "closes_at": due}
        for row in stored
        if row["schedule_type"] == ScheduleType.DAILY
    ]
    if waiting:
        await connection.execute(insert(table_of(SearchDigest)), waiting)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("searches", type=int)
    parser.add_argument("markets", nargs="*", type=Market.read, help="as Market.text writes them")
    arguments = parser.parse_args()
    with asyncio.Runner(loop_factory=new_event_loop) as runner:
        runner.run(fill(arguments.searches, arguments.markets))
