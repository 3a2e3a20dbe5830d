"""A child that fills a store with people, and decides about batches of them: as accepting and claiming do.

What deciding costs is measured beside a bare read of the same rows, which decides nothing.
"""

import argparse
import asyncio
import random
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from sqlalchemy import FromClause, Select, insert, select, text, true

from benchmarks.children import say
from benchmarks.people_workload import message_to, profile_of, rules_of
from property_alert_notification.base.process import new_event_loop, tune_garbage_collector
from property_alert_notification.base.settings import Settings, load
from property_alert_notification.database import BatchStatement, Database, Script, Statement, columns_of, table_of
from property_alert_notification.people.decide import Message, decide
from property_alert_notification.people.directory import queries as directory
from property_alert_notification.people.directory.profile import Entry
from property_alert_notification.people.preferences.models import Preference
from property_alert_notification.people.preferences.stored_rules import write_rules
from property_alert_notification.people.scripts import UserOf, people_of
from property_alert_notification.people.suppressions.subjects import Subjects

_FIRST = 1_000_001
"""No user of another measurement."""
_FILLED_AT_ONCE = 10_000
_NOW = datetime(2026, 12, 1, 18, 30, tzinfo=UTC)
_SUBJECTS = Subjects([b"a key for benchmarks"])
"""An hour at which some may be sent a message, and others not."""

_preferences = table_of(Preference)
_COLUMNS = ("user_id", "channels", "rules", "updated_at")
_ADD = BatchStatement(
    columns_of(_preferences, *_COLUMNS),
    lambda new: insert(_preferences).from_select(_COLUMNS, select(*new.c).where(true())),
)


def _bare(wanted: FromClause) -> Select[*tuple[Any, ...]]:
    its = _preferences.c
    return select(its.user_id, its.channels, its.rules).join(wanted, wanted.c.user_id == its.user_id)


_BARE = BatchStatement(columns_of(_preferences, "user_id"), _bare)


async def measure(users: int, batches: int, size: int) -> None:
    """Say how long each batch took, and what was decided."""
    database = Database(load(Settings).database_url, pool_size=1, wait=600)
    try:
        began = time.monotonic()
        await _fill(database, users)
        filled = time.monotonic() - began
        tune_garbage_collector()  # as every process of the service does
        say(fill_seconds=filled, **await _decide(database, users, batches, size))
    finally:
        await database.close()


async def _fill(database: Database, users: int) -> None:
    ids = iter(range(_FIRST, _FIRST + users))
    now = datetime.now(UTC)
    while some := list(islice(ids, _FILLED_AT_ONCE)):
        async with database.transaction() as connection:
            await _ADD.run(
                connection, [(user_id, "email sms", write_rules(rules_of(user_id)), now) for user_id in some]
            )
            await directory.put(connection, {user_id: Entry(profile_of(user_id), now) for user_id in some})
    async with database.reading() as connection:
        await connection.execute(text("ANALYZE"))


async def _decide(database: Database, users: int, batches: int, size: int) -> dict[str, Any]:
    dice = random.Random(1)
    bare, cold, warm, cpu = [], [], [], []
    decided: Counter[str] = Counter()
    statements = 0
    for number in range(batches):
        batch = dice.sample(range(_FIRST, _FIRST + users), size)
        messages = {(user_id, False): message_to(user_id) for user_id in batch}
        # Whoever is second finds the pages of the store in memory, so they take turns.
        for is_bare in (number % 2 == 0, number % 2 == 1):
            began, cpu_began = time.perf_counter(), time.process_time()
            if is_bare:
                await database.run(_read(batch))
                bare.append(time.perf_counter() - began)
            else:
                outcome, statements = await database.run(_decisions(messages))
                cold.append(time.perf_counter() - began)
                cpu.append(time.process_time() - cpu_began)
                decided.update(outcome)
        began = time.perf_counter()
        await database.run(_decisions(messages))
        warm.append(time.perf_counter() - began)
    return {
        "bare": bare,
        "cold": cold,
        "cold_cpu": cpu,
        "warm": warm,
        "statements": statements,
        "decided": decided,
    }


def _read(batch: Sequence[int]) -> Script[int]:
    return len((yield Statement(_BARE, [(user_id,) for user_id in batch])))


def _decisions(messages: Mapping[UserOf, Message]) -> Script[tuple[list[str], int]]:
    """The kind of each decision, and how many statements they took."""
    people, statements = yield from _counted(people_of(messages.items(), default=None, subjects=_SUBJECTS))
    return [type(decide(messages[user], person, _NOW)).__name__ for user, person in people.items()], statements


def _counted(script: Script[Any]) -> Script[tuple[Any, int]]:
    """What a script returns, and how many statements it took."""
    statements, rows = 0, None
    while True:
        try:
            step = next(script) if rows is None else script.send(rows)
        except StopIteration as end:
            return end.value, statements
        statements += 1
        rows = yield step


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("users", type=int)
    parser.add_argument("batches", type=int)
    parser.add_argument("size", type=int)
    arguments = parser.parse_args()
    with asyncio.Runner(loop_factory=new_event_loop) as runner:
        runner.run(measure(arguments.users, arguments.batches, arguments.size))
