"""Answers a call once, however often it is made: what it does and what it answers are one transaction."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from property_alert_notification.api.idempotency.keys import CallKey
from property_alert_notification.api.idempotency.scripts import TABLE, add, begin, complete, earlier
from property_alert_notification.api.idempotency.stored import Answer, Stored, repeat
from property_alert_notification.base.errors import CallInProgress, StoreLocked
from property_alert_notification.database import Database, Script, Statement, UniqueConflict, run_within


async def answer_once(
    database: Database,
    key: CallKey | None,
    work: Callable[[AsyncConnection], Awaitable[Answer]],
    *,
    now: datetime,
    keep_for: timedelta,
) -> tuple[Answer, bool]:
    """Do the work in one transaction, unless it was done before; returns its answer, and whether it is the first one's.

    Raises:
        KeyReused: the key belongs to another call.
        CallInProgress: another process works at the same call, and does not come to an end.
        StoreUnavailable: nothing was done.
    """
    try:
        async with database.transaction() as connection:
            if key is None:
                return await work(connection), False
            known = await run_within(connection, begin(key, now=now, until=now + keep_for))
            if known is not None:
                return known, True
            answer = await work(connection)
            await run_within(connection, complete(key, answer))
            return answer, False
    except StoreLocked as fault:
        if not is_another_call(fault):
            raise
        raise CallInProgress from None


async def answered_before(database: Database, key: CallKey, *, now: datetime) -> Answer | None:
    """The stored answer of an earlier call with this key; None if none is stored.

    Raises:
        AnswerLost: the stored answer cannot be read.
        KeyReused: the key belongs to another call.
    """
    async with database.reading() as connection:
        stored = await run_within(connection, earlier([key], now=now))
    return repeat(stored[0], key) if stored else None


async def script_once(
    database: Database, key: CallKey | None, work: Script[Answer], *, now: datetime, keep_for: timedelta
) -> tuple[Answer, bool]:
    """Do the work of `answer_once` as a script, which is quicker; otherwise as that."""
    try:
        return await database.run(_once(key, work, now=now, until=now + keep_for))
    except StoreLocked as fault:
        if key is None or not is_another_call(fault):
            raise
        raise CallInProgress from None


Keep = Callable[[Answer], Sequence[Statement]]
"""The statements that keep the answer of a call under its key."""


async def script_once_at_end(
    database: Database,
    key: CallKey | None,
    work: Callable[[Keep], Script[Answer]],
    *,
    now: datetime,
    keep_for: timedelta,
) -> tuple[Answer, bool]:
    """Do the work of `script_once` in fewer steps if the key is new: the last group of the work keeps its answer."""
    if key is None:
        return await database.run(work(lambda _: ())), False
    try:
        return await database.run(work(lambda answer: [add([Stored(key, answer)], until=now + keep_for)])), False
    except UniqueConflict:  # the call was answered before, or the key has expired
        return await script_once(database, key, work(lambda _: ()), now=now, keep_for=keep_for)
    except StoreLocked as fault:
        if not is_another_call(fault):
            raise
        raise CallInProgress from None


def _once(key: CallKey | None, work: Script[Answer], *, now: datetime, until: datetime) -> Script[tuple[Answer, bool]]:
    if key is None:
        return (yield from work), False
    known = yield from begin(key, now=now, until=until)
    if known is not None:
        work.close()
        return known, True
    answer = yield from work
    yield from complete(key, answer)
    return answer, False


def is_another_call(fault: StoreLocked) -> bool:
    """Whether the locked row is the key of this call, which another process is answering."""
    return TABLE in fault.where  # the name of its index holds it too
