"""The steps of scripts that read the suppression list, and add to it."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime
from operator import attrgetter, itemgetter
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, FromClause, Select, case, select, true, type_coerce

# Its words for conflicts are SQLite's too.
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.sql.dml import ReturningInsert
from sqlalchemy.types import NullType

from property_alert_notification.base.vocabulary import Channel
from property_alert_notification.database import (
    BatchStatement,
    Script,
    Statement,
    columns_of,
    models_from,
    read_time,
    table_of,
)
from property_alert_notification.people.consent import scripts as consents
from property_alert_notification.people.consent.models import ConsentRecord
from property_alert_notification.people.consent.rules import ConsentOrigin
from property_alert_notification.people.suppressions.consents import REFUSALS, refusal_of
from property_alert_notification.people.suppressions.entry import EntryRow, Row
from property_alert_notification.people.suppressions.models import StoredSuppression
from property_alert_notification.people.suppressions.rules import (
    UNREADABLE,
    Suppression,
    SuppressionReason,
    SuppressionScope,
    SuppressionsOf,
)
from property_alert_notification.people.suppressions.subjects import Subjects

_suppressions = table_of(StoredSuppression)
_COLUMNS = ("subject", "channel", "reason_code", "scope", "category", "expires_at")

Reached = tuple[int, Channel, str | None]
"""A user, a channel, and the address on it if it is known."""


def _look_up(wanted: FromClause) -> Select[*tuple[Any, ...]]:
    columns: list[ColumnElement[Any]] = [_suppressions.c[name] for name in _COLUMNS]
    # As SQLite stores it: a value that is no time must not break the batch of other users.
    columns[-1] = type_coerce(columns[-1], NullType()).label("expires_at")
    return select(*columns).join(wanted, wanted.c.subject == _suppressions.c.subject)


_ENTRIES_OF = BatchStatement(columns_of(_suppressions, "subject"), _look_up)


_ALL = tuple(_suppressions.c.keys())
KEY = ("subject", "channel", "reason_code", "category")


def _insert_or_extend(new: FromClause) -> ReturningInsert[UUID, str]:
    wanted = insert(_suppressions).from_select(_ALL, select(*new.c).where(true()))
    given, stored = wanted.excluded, _suppressions.c
    # The longer expiry wins: a report that comes late or twice never shortens an entry.
    no_end = stored.expires_at.is_(None) | given.expires_at.is_(None)
    expiry = case((no_end, None), (stored.expires_at > given.expires_at, stored.expires_at), else_=given.expires_at)
    all_ = case((stored.scope == "all", stored.scope), else_=given.scope)
    changed = {"expires_at": expiry, "scope": all_}
    is_longer = stored.expires_at.is_not(None) & (given.expires_at.is_(None) | (given.expires_at > stored.expires_at))
    is_wider = (stored.scope != "all") & (given.scope != stored.scope)
    extends = wanted.on_conflict_do_update(index_elements=KEY, set_=changed, where=is_longer | is_wider)
    return extends.returning(*stored)


_ADD = BatchStatement(columns_of(_suppressions, *_ALL), _insert_or_extend)


class Added(NamedTuple):
    """What an addition changed."""

    entries: list[StoredSuppression]
    """Those that are new or extended, as they are stored."""
    records: Mapping[tuple[str, ...], ConsentRecord]
    """The consent records, by `key_of` their entries."""


def add(
    entries: Collection[StoredSuppression], origin_of: Callable[[StoredSuppression], ConsentOrigin]
) -> Script[Added]:
    """Add entries with their consent records. No two may be the same one.

    One that is on the list already is extended if the new one stops more or for a longer time. Otherwise nothing
    changes.
    """
    changed, refusals = yield from _add(entries, origin_of)
    return Added(models_from(StoredSuppression, changed), {key_of(entry): record for entry, record in refusals})


def load(entries: Collection[EntryRow], origin: ConsentOrigin) -> Script[int]:
    """Add very many entries as `add` does; returns how many changed the list."""
    changed, _ = yield from _add(entries, lambda _: origin)
    return len(changed)


def _add(
    entries: Collection[Row], origin_of: Callable[[Row], ConsentOrigin]
) -> Script[tuple[Sequence[Sequence[Any]], list[tuple[Row, ConsentRecord]]]]:
    """Add entries; returns the rows that changed the list, and the refusals among them with their records."""
    # Always in the same order, or two processes wait for each other for ever.
    rows = sorted(map(_values_of, entries), key=lambda row: row[1:])
    changed = yield Statement(_ADD, rows)
    keys = {_KEY_IN(row) for row in changed}
    refusals = [one for one in entries if one.reason_code in REFUSALS and key_of(one) in keys]
    records = [refusal_of(entry, origin_of(entry)) for entry in refusals]
    if records:
        yield consents.add(records)
    return changed, list(zip(refusals, records, strict=True))


_values_of = attrgetter(*_ALL)
_KEY_IN = itemgetter(*map(_ALL.index, KEY))
key_of: Callable[[EntryRow | StoredSuppression], tuple[str, ...]] = attrgetter(*KEY)
"""What makes two entries the same one."""


def suppressions_of(reached: Iterable[Reached], subjects: Subjects) -> Script[dict[int, SuppressionsOf]]:
    """The entries about these users and their addresses, by user; users without any are left out."""
    wanted = _hashes(reached, subjects)
    found: dict[int, dict[str | None, tuple[Suppression, ...]]] = {}
    for subject, *entry in (yield Statement(_ENTRIES_OF, [(one,) for one in wanted])):
        for user_id, address in wanted[subject]:
            its = found.setdefault(user_id, {})
            its[address] = (*its.get(address, ()), _read(entry))
    return dict(found)


def _hashes(reached: Iterable[Reached], subjects: Subjects) -> Mapping[str, Collection[tuple[int, str | None]]]:
    """The users and their addresses, by each hash that an entry about them may have."""
    addresses = set(reached)
    wanted: dict[str, list[tuple[int, str | None]]] = {}
    for user_id in {user_id for user_id, _, _ in addresses}:
        for subject in subjects.of_user(user_id):
            wanted[subject] = [(user_id, None)]
    for user_id, channel, address in addresses:
        if address is not None:
            for subject in subjects.of_address(channel, address):
                wanted.setdefault(subject, []).append((user_id, address))
    return wanted


def _read(entry: Sequence[Any]) -> Suppression:
    """Parse a row; a damaged entry stops all messages until it is released."""
    channel, reason, scope, category, expires_at = entry
    try:
        its_channel = Channel(channel) if channel else None
        if not isinstance(category, str):
            return UNREADABLE
        expiry = expires_at if expires_at is None or isinstance(expires_at, datetime) else read_time(expires_at)
        return Suppression(its_channel, SuppressionReason(reason), SuppressionScope(scope), category or None, expiry)
    except (ValueError, TypeError):
        return UNREADABLE
