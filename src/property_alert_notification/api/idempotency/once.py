"""Answers a call once, however often it is made: what it does and what it answers are one transaction."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from property_alert_notification.api.idempotency import queries
from property_alert_notification.api.idempotency.keys import CallKey
from property_alert_notification.api.idempotency.queries import UNREADABLE, Answer, Stored
from property_alert_notification.base.errors import AnswerLost, CallInProgress, KeyReused, StoreLocked
from property_alert_notification.database import Database, Script, run_within

_NO_ANSWER = Answer(0, "")
"""Stands in the row of a key while its call is answered; nobody else ever sees it."""


def begin(key: CallKey, *, now: datetime, until: datetime) -> Script[Answer | None]:
    """Take the key for this transaction; or, if the call was answered before, return that answer.

    A call that is being answered by another process is waited for.

    Raises:
        AnswerLost: nobody can tell how the first call was answered.
        KeyReused: the key belongs to another call.
    """
    if (yield from queries.keep([Stored(key, _NO_ANSWER)], now=now, until=until)):
        return None
    for known in (yield from queries.earlier([key], now=now)):
        return repeat(known, key)
    raise CallInProgress


def repeat(known: Stored, key: CallKey) -> Answer:
    """The answer of the first call, for a repetition of it.

    Raises:
        AnswerLost: nobody can tell how the first call was answered.
        KeyReused: this is not a repetition, but another call with the same key.
    """
    if known.answer is UNREADABLE:
        raise AnswerLost
    if known.key.fingerprint != key.fingerprint:
        raise KeyReused
    return known.answer


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
            await run_within(connection, queries.complete(key, answer))
            return answer, False
    except StoreLocked as fault:
        if not is_another_call(fault):
            raise
        raise CallInProgress from None


def is_another_call(fault: StoreLocked) -> bool:
    """Whether what is locked is a key: a call with it is being answered. Any other row says nothing about this call."""
    return queries.TABLE in fault.where  # the name of its index holds it too
