"""Makes what alerts tell now, right before they are sent."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, tzinfo
from functools import partial
from itertools import groupby
from typing import Any, NamedTuple, TypeAlias
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
from property_alert_notification.homes.alerts.before_sending.scripts import (
    UNREADABLE,
    StoredAlert,
    expressions_of,
    running_searches,
    stored_alerts,
)
from property_alert_notification.homes.alerts.details import AlertDetails
from property_alert_notification.homes.alerts.first_alert import COUNTED_ONLY, FirstAlert, places_in, write_first_alert
from property_alert_notification.homes.alerts.freshness import still_asked_for, still_holds, still_matches
from property_alert_notification.homes.alerts.models import Alert
from property_alert_notification.homes.alerts.wording import write
from property_alert_notification.homes.criteria.expression import Expression
from property_alert_notification.homes.criteria.sentence import sentence
from property_alert_notification.homes.reso.open_houses import LAST_ZONE, is_over

_alerts = table_of(Alert)
_RECORD_NAMED = BatchStatement(
    columns_of(_alerts, "notification_id", "listing_id", "left_out"),
    lambda places: (
        update(_alerts)
        .where(_alerts.c.notification_id == places.c.notification_id, _alerts.c.listing_id == places.c.listing_id)
        .values(left_out=places.c.left_out)
    ),
)

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
    notifications: Sequence[UUID], channel: Channel, now: datetime, *, zones: Collection[tzinfo] = (LAST_ZONE,)
) -> Script[Mapping[UUID, Reworded | Reason]]:
    """What those of these notifications tell now that are alerts, or why they must not be sent on this channel."""
    return (yield from refresh(notifications, channel, now, zones)).now


def refresh(
    notifications: Sequence[UUID], channel: Channel, now: datetime, zones: Collection[tzinfo]
) -> Script[Refreshed]:
    """What those of these notifications tell now that are alerts.

    A home that changed since is compared with the searches again, as they are now. A first alert names and counts the
    homes that still match. An open house is over when it is in each of the `zones`.
    """
    known = yield from stored_alerts(notifications, channel)
    running = yield from running_searches(known)
    expressions = yield from expressions_of(one for one in known if not one.is_unchanged)
    hold = partial(_held, expressions=expressions, running=running, is_over=partial(is_over, now=now, zones=zones))
    held = list(readable(known, lambda one: (one, hold(one)), UNREADABLE, lambda one: one.id))
    told = {one.id: _reworded(its) for one, its in held if not one.is_in_first_alert}
    firsts = [_once(some) for _, some in groupby((each for each in held if each[0].is_in_first_alert), _id_of)]
    told |= {homes[0][0].id: _first_alert(homes, expressions) for homes in firsts}
    return Refreshed(told, [one for homes in firsts for one in _moved(homes)])


def _reworded(held: AlertDetails | Reason) -> Reworded | Reason:
    return held if isinstance(held, Reason) else Reworded(*write(held))


def _held(
    one: StoredAlert,
    expressions: Mapping[int, Expression],
    running: Collection[int],
    is_over: Callable[[Mapping[str, Any]], bool],
) -> AlertDetails | Reason:
    """What an alert tells of its home now, or why it must not."""
    details, now = still_asked_for(one.details, running, is_discarded=one.is_discarded), one.own
    if isinstance(details, Reason):
        return details
    if not one.is_unchanged:
        details, now = still_matches(details, one.own, one.others, expressions)
    if one.is_in_first_alert:
        # It tells what holds now, so that no newer alert says otherwise.
        return still_holds(details, now, has_newer=False, is_overtaken=False, is_over=is_over)
    return still_holds(details, now, has_newer=one.has_newer, is_overtaken=one.is_overtaken, is_over=is_over)


def _id_of(held: _Held) -> UUID:
    return held[0].id


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


def _moved(homes: Sequence[_Held]) -> Iterator[Moved]:
    for (one, _), reason in zip(homes, places_in([its for _, its in homes]), strict=True):
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
    return Reworded(*write_first_alert(FirstAlert(search.name, in_words, kept, first.matched or 0), first.language))
