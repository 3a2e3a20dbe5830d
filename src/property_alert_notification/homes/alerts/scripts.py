"""Makes what alerts tell now, right before they are sent."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial
from itertools import groupby
from typing import Any, NamedTuple, TypeAlias, TypeVar
from uuid import UUID

from sqlalchemy import update

from property_alert_notification.base.damaged import readable
from property_alert_notification.base.reasons import Reason
from property_alert_notification.base.vocabulary import Channel
from property_alert_notification.database import (
    BatchStatement,
    Script,
    Statement,
    columns_of,
    table_of,
)
from property_alert_notification.digests.rules import Reworded
from property_alert_notification.homes.alerts.before_sending.rules import NOT_OVERTAKEN, Overtaking, overtaking
from property_alert_notification.homes.alerts.before_sending.scripts import (
    UNREADABLE,
    StoredAlert,
    expressions_of,
    newer_alerts,
    running_searches,
    stored_alerts,
)
from property_alert_notification.homes.alerts.details import AlertDetails
from property_alert_notification.homes.alerts.first_alert import COUNTED_ONLY, FirstAlert, places_in, write_first_alert
from property_alert_notification.homes.alerts.freshness import (
    RunningSearch,
    as_they_are_called,
    edited_since,
    still_asked_for,
    still_holds,
    still_matches,
)
from property_alert_notification.homes.alerts.models import Alert
from property_alert_notification.homes.alerts.wording import write
from property_alert_notification.homes.criteria.expression import Expression
from property_alert_notification.homes.criteria.sentence import sentence
from property_alert_notification.homes.reso.open_house_times import is_over

_alerts = table_of(Alert)
_RECORD_NAMED = BatchStatement(
    columns_of(_alerts, "notification_id", "listing_id", "left_out"),
    lambda places: (
        update(_alerts)
        .where(_alerts.c.notification_id == places.c.notification_id, _alerts.c.listing_id == places.c.listing_id)
        .values(left_out=places.c.left_out)
    ),
)

_T = TypeVar("_T")
_Held: TypeAlias = tuple[StoredAlert, AlertDetails | Reason]
"""With what an alert tells of its home now, or why it must not."""


class Moved(NamedTuple):
    """A home that a first alert names no longer, or names now."""

    notification_id: UUID
    listing_id: UUID
    left_out: str | None
    """Why it does not name it."""


class Refreshed(NamedTuple):
    """What alerts tell now."""

    now: Mapping[UUID, Reworded | Reason]
    """The text of each notification, or why it must not be sent."""
    moved: Sequence[Moved]
    """To be recorded when they are sent."""


def record_named(moved: Sequence[Moved]) -> Statement:
    """Record which homes first alerts name."""
    return Statement(_RECORD_NAMED, moved)


def refreshed(
    notifications: Sequence[UUID], channel: Channel, now: datetime
) -> Script[Mapping[UUID, Reworded | Reason]]:
    """What those of these notifications tell now that are alerts, or why they must not be sent on this channel."""
    return (yield from refresh(notifications, channel, now)).now


def refresh(notifications: Sequence[UUID], channel: Channel, now: datetime) -> Script[Refreshed]:
    """What those of these notifications tell now that are alerts.

    A home that changed since, or whose searches were edited, is compared with these again, as they are now. A first
    alert names and counts the homes that still match. Of newer alerts about a home those count that are sent: they are
    looked at first, and so are those that wait, which another claim takes.
    """
    known = yield from stored_alerts(notifications)
    newer = yield from newer_alerts((one for one in known if not one.is_in_first_alert), channel, now)
    waiting = {one.id for some in newer.values() for one in some if one.waits}.difference(notifications)
    later = (yield from stored_alerts(sorted(waiting))) if waiting else []
    both = [*known, *later]
    running = yield from running_searches(both)
    expressions = yield from expressions_of(one for one in both if not one.is_unchanged or _edited(one, running))
    hold = partial(_held, expressions=expressions, running=running, is_over=partial(is_over, now=now))
    firsts = list(map(_once, _homes_of_firsts(known, hold)))
    places = [each for homes in firsts for each in _places(homes)]
    untold = {one.alerted_home for one, reason in places if reason is not None}
    untold.update(one.alerted_home for one, its in _readable(later, hold) if isinstance(its, Reason))
    together = frozenset(notifications)

    def look_at(one: StoredAlert) -> Reworded | Reason:
        its = hold(one, overtaking(newer.get(one.id, ()), together, untold))
        if isinstance(its, Reason):
            untold.add(one.alerted_home)
            return its
        return Reworded(*write(its), its.language)

    newest_first = sorted((one for one in known if not one.is_in_first_alert), key=_sequence_of, reverse=True)
    told = {one.id: its for one, its in _readable(newest_first, look_at)}
    told |= {homes[0][0].id: _first_alert(homes, expressions) for homes in firsts}
    return Refreshed(told, list(_moved(places)))


def _readable(alerts: Iterable[StoredAlert], look_at: Callable[[StoredAlert], _T]) -> Iterator[tuple[StoredAlert, _T]]:
    """Those of these alerts that are not damaged, in their order."""
    return readable(alerts, lambda one: (one, look_at(one)), UNREADABLE, lambda one: one.id)


def _homes_of_firsts(
    known: Iterable[StoredAlert], hold: Callable[[StoredAlert], AlertDetails | Reason]
) -> Iterator[list[_Held]]:
    """The homes of each first alert."""
    homes = _readable((one for one in known if one.is_in_first_alert), hold)
    return (list(some) for _, some in groupby(homes, _id_of))


def _held(
    one: StoredAlert,
    newer: Overtaking = NOT_OVERTAKEN,
    *,
    expressions: Mapping[int, Expression],
    running: Mapping[int, RunningSearch],
    is_over: Callable[[Mapping[str, Any]], bool],
) -> AlertDetails | Reason:
    """What an alert tells of its home now, or why it must not.

    A first alert tells what holds now, so that no newer alert says otherwise.
    """
    details, now = still_asked_for(one.details, running, is_discarded=one.is_discarded), one.own
    if isinstance(details, Reason):
        return details
    edited = _edited(one, running)
    if edited or not one.is_unchanged:
        details, now = still_matches(details, one.own, one.others, expressions)
        details = as_they_are_called(details, edited, running, expressions)
    return still_holds(details, now, has_newer=newer.has_newer, is_overtaken=newer.is_overtaken, is_over=is_over)


def _edited(one: StoredAlert, running: Mapping[int, RunningSearch]) -> set[int]:
    return edited_since(one.details, one.sequence, running)


def _id_of(held: _Held) -> UUID:
    return held[0].id


def _sequence_of(one: StoredAlert) -> int:
    return one.sequence


def _once(homes: Iterable[_Held]) -> list[_Held]:
    """The homes of a first alert; of two that turned out to be one the first is named, and the other is not."""
    known: set[UUID | None] = set()
    found: list[_Held] = []
    for one, its in homes:
        is_again = one.home in known and not isinstance(its, Reason)
        found.append((one, COUNTED_ONLY if is_again else its))
        if not isinstance(its, Reason):
            known.add(one.home)
    return found


def _places(homes: Sequence[_Held]) -> Iterator[tuple[StoredAlert, Reason | None]]:
    """The homes of a first alert, each with why it is not named; None if it is."""
    return zip((one for one, _ in homes), places_in([its for _, its in homes]), strict=True)


def _moved(places: Iterable[tuple[StoredAlert, Reason | None]]) -> Iterator[Moved]:
    for one, reason in places:
        code = None if reason is None else reason.code.value
        if code != one.left_out:
            yield Moved(one.id, one.listing_id, code)


def _first_alert(homes: Sequence[_Held], expressions: Mapping[int, Expression]) -> Reworded | Reason:
    """What a first alert tells now."""
    kept = [its for _, its in homes if not isinstance(its, Reason)]
    if not kept:
        return next(its for _, its in homes if isinstance(its, Reason))
    first, search = kept[0], kept[0].searches[0]
    expression = expressions.get(search.number) if search.number is not None else None
    in_words = "" if expression is None else sentence(expression, first.language)
    alert = FirstAlert(search.name, in_words, kept, first.matched or 0)
    return Reworded(*write_first_alert(alert, first.language), first.language)
