"""Steps of the scripts that answer a call once: accepting notifications, and any other call with a key."""

import json
from collections.abc import Callable, Iterable
from datetime import datetime

from sqlalchemy import (
    FromClause,
    Select,
    Text,
    bindparam,
    cast,
    select,
    true,
    update,
)

# SQLite has the same ON CONFLICT syntax as PostgreSQL.
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.sql.dml import ReturningInsert

from property_alert_notification.api.idempotency.keys import CallKey
from property_alert_notification.api.idempotency.merging import KeyedCalls
from property_alert_notification.api.idempotency.models import IdempotencyKey
from property_alert_notification.api.idempotency.stored import UNREADABLE, Answer, Stored, repeat
from property_alert_notification.base.errors import CallInProgress
from property_alert_notification.database import (
    BatchStatement,
    Script,
    Statement,
    StatementBatch,
    UniqueConflict,
    columns_of,
    insert_rows,
    table_of,
    time_type,
)

_keys = table_of(IdempotencyKey)
TABLE = _keys.name
_now = bindparam("now", type_=time_type())
_NEW = ("owner", "key", "fingerprint", "status_code", "answer", "user_id")


def _insert_new(new: FromClause) -> ReturningInsert[tuple[str, str]]:
    """A second call with the key changes nothing; an expired key counts as new."""
    columns = [*_NEW, "expires_at"]
    wanted = insert(_keys).from_select(columns, select(*new.c, bindparam("until", type_=time_type())).where(true()))
    return wanted.on_conflict_do_update(
        index_elements=["owner", "key"],
        set_={name: wanted.excluded[name] for name in columns[2:]},
        where=_keys.c.expires_at <= _now,
    ).returning(_keys.c.owner, _keys.c.key)


_ADD = BatchStatement(
    columns_of(_keys, *_NEW),
    lambda new: insert_rows(_keys, new, {"expires_at": bindparam("until", type_=time_type())}),
)


def add(answers: Iterable[Stored], *, until: datetime) -> Statement:
    """Keep these answers; a conflict when one of their keys is there already, expired or not."""
    return Statement(_ADD, _rows(answers), {"until": until})


def _rows(answers: Iterable[Stored]) -> list[tuple[str, str, str, int, str, int | None]]:
    """Rows are written in one order everywhere, or two processes deadlock."""
    return sorted(
        (one.key.owner, one.key.key, one.key.fingerprint, one.answer.status_code, one.answer.text, one.key.user_id)
        for one in answers
    )


_KEEP = BatchStatement(columns_of(_keys, *_NEW), _insert_new)


def keep(answers: Iterable[Stored], *, now: datetime, until: datetime) -> Script[set[tuple[str, str]]]:
    """Store these answers for keys without one; returns owner and key of those stored.

    A call that is being answered by another process is waited for.
    """
    kept = yield Statement(_KEEP, _rows(answers), {"now": now, "until": until})
    return {(owner, key) for owner, key in kept}


_COMPLETE = BatchStatement(
    columns_of(_keys, "owner", "key", "status_code", "answer"),
    lambda given: (
        update(_keys)
        .where(_keys.c.owner == given.c.owner, _keys.c.key == given.c.key)
        .values(status_code=given.c.status_code, answer=given.c.answer)
    ),
)


def complete(key: CallKey, answer: Answer) -> Script[None]:
    """Give a key that this transaction keeps its answer."""
    yield Statement(_COMPLETE, [(key.owner, key.key, answer.status_code, answer.text)])


def _select_earlier(given: FromClause) -> Select[tuple[str, str, str]]:
    # One index lookup for each key, whatever statistics the store has of the table.
    found = select(_keys.c.fingerprint + " " + cast(_keys.c.status_code, Text) + " " + _keys.c.answer).where(
        _keys.c.owner == given.c.owner, _keys.c.key == given.c.key, _keys.c.expires_at > _now
    )
    return select(given.c.owner, given.c.key, found.scalar_subquery())


_EARLIER = BatchStatement(columns_of(_keys, "owner", "key"), _select_earlier)


def earlier(keys: Iterable[CallKey], *, now: datetime) -> Script[list[Stored]]:
    """The stored answers of earlier calls with these keys."""
    found = yield Statement(_EARLIER, [(key.owner, key.key) for key in keys], {"now": now})
    return [_stored(owner, key, text) for owner, key, text in found if text is not None]


def _stored(owner: str, key: str, text: str) -> Stored:
    try:
        fingerprint, status_code, answer = text.split(" ", 2)
        json.loads(answer)
        return Stored(CallKey(owner, key, fingerprint), Answer(int(status_code), answer))
    except (ValueError, TypeError, RecursionError):  # SQLite keeps any kind of value in any column
        return Stored(CallKey(owner, key, ""), UNREADABLE)


_NO_ANSWER = Answer(0, "")
"""Marks the row of a key while its call is answered; other transactions never see it."""


def begin(key: CallKey, *, now: datetime, until: datetime) -> Script[Answer | None]:
    """Take the key for this transaction; or, if the call was answered before, return that answer.

    A call that is being answered by another process is waited for.

    Raises:
        AnswerLost: the stored answer of the first call cannot be read.
        KeyReused: the key belongs to another call.
    """
    if (yield from keep([Stored(key, _NO_ANSWER)], now=now, until=until)):
        return None
    for known in (yield from earlier([key], now=now)):
        return repeat(known, key)
    raise CallInProgress


def repeat_refused(calls: KeyedCalls, *, now: datetime) -> Script[None]:
    """Answer calls that are refused now as earlier calls with their keys, if there were any."""
    if refused := calls.refused_keys():
        calls.repeat((yield from earlier(refused, now=now)))


def add_once(
    calls: KeyedCalls, additions: Callable[[], list[Statement]], *, now: datetime, until: datetime, alone: bool
) -> Script[None]:
    """Keep the answers of these calls until then, and do what they add; `additions` leaves out those that are repeated.

    `alone` in its transaction, it tries first as if no key had ever been used before, all at once.
    """
    answers = calls.new_answers()
    if alone and (statements := additions()):
        try:
            yield StatementBatch([*([add(answers, until=until)] if answers else []), *statements])
        except UniqueConflict:  # another call came first with one of the keys
            pass
        else:
            return
    if answers:
        kept = yield from keep(answers, now=now, until=until)
        late = [one.key for one in answers if (one.key.owner, one.key.key) not in kept]
        calls.repeat((yield from earlier(late, now=now)))
    for statement in additions():  # noqa: UP028 - a list would not take the answers
        yield statement
