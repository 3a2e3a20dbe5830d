"""Answers a call once, however often it is made: what it does and what it answers are one transaction."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from property_alert_notification.database import Database, Script, run_within
from property_alert_notification.errors import CallInProgress, KeyReused
from property_alert_notification.idempotency import queries
from property_alert_notification.idempotency.keys import CallKey
from property_alert_notification.idempotency.queries import Answer, Stored


class Overtaken(Exception):
    """Another process answered the same call while this one was at work."""


def recall(key: CallKey, *, now: datetime) -> Script[Answer | None]:
    """What was answered to this call before.

    Raises:
        KeyReused: the key belongs to another call.
    """
    for known in (yield from queries.earlier([key], now=now)):
        return repeat(known, key)
    return None


def repeat(known: Stored, key: CallKey) -> Answer:
    """The answer of the first call, for a repetition of it.

    Raises:
        KeyReused: this is not a repetition, but another call with the same key.
    """
    if known.key.fingerprint != key.fingerprint:
        raise KeyReused
    return known.answer


def remember(key: CallKey, answer: Answer, *, now: datetime, until: datetime) -> Script[None]:
    """Keep the answer for every repetition.

    Raises:
        Overtaken: somebody kept another; roll back and look again.
    """
    if not (yield from queries.keep([(key, answer)], now=now, until=until)):
        raise Overtaken


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
    if key is None:
        async with database.transaction() as connection:
            return await work(connection), False
    for _ in range(2):
        try:
            async with database.transaction() as connection:
                known = await run_within(connection, recall(key, now=now))
                if known is not None:
                    return known, True
                answer = await work(connection)
                await run_within(connection, remember(key, answer, now=now, until=now + keep_for))
        except Overtaken:
            continue
        else:
            return answer, False
    raise CallInProgress
