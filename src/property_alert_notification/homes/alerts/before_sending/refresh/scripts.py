"""Makes what alerts tell now, right before they are sent."""

from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial
from itertools import groupby
from typing import NamedTuple, TypeAlias
from uuid import UUID

from sqlalchemy import update

from property_alert_notification.base.reasons import Reason, ReasonCode
from property_alert_notification.base.vocabulary import Channel
from property_alert_notification.database import (
    BatchStatement,
    Script,
    Statement,
    columns_of,
    table_of,
)
from property_alert_notification.digests.rules import Reworded
from property_alert_notification.homes.alerts.before_sending.freshness import (
    CHANGED_BACK,
    NEWER_ALERT,
    PRICE_CHANGED_SINCE,
    told_together,
)
from property_alert_notification.homes.alerts.before_sending.look import Look, edited, readable_alerts
from property_alert_notification.homes.alerts.before_sending.older.scripts import older_alerts
from property_alert_notification.homes.alerts.before_sending.overtaking import (
    AlertedHome,
    Newer,
    Older,
    not_told_yet,
    overtaking,
    replaced_by,
    went_out_before,
)
from property_alert_notification.homes.alerts.before_sending.stored.scripts import (
    StoredAlert,
    expressions_of,
    newer_alerts,
    running_searches,
    stored_alerts,
)
from property_alert_notification.homes.alerts.before_sending.turns.scripts import take_turns
from property_alert_notification.homes.alerts.details import AlertDetails
from property_alert_notification.homes.alerts.first_alert import COUNTED_ONLY, FirstAlert, places_in, write_first_alert
from property_alert_notification.homes.alerts.models import Alert
from property_alert_notification.homes.alerts.notices.scripts import outdated_notices
from property_alert_notification.homes.alerts.wording import lines_in_digest, write
from property_alert_notification.homes.criteria.expression import Expression
from property_alert_notification.homes.criteria.sentence import sentence
from property_alert_notification.homes.reso.open_house_times import is_over

ALREADY_TOLD = Reason(ReasonCode.ALREADY_TOLD)

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


class NamedHome(NamedTuple):
    """A home that a first alert names now, or no longer names."""

    notification_id: UUID
    listing_id: UUID
    left_out: str | None
    """Why it does not name it."""


class Refreshed(NamedTuple):
    """What alerts tell now."""

    now: Mapping[UUID, Reworded | Reason]
    """The text of each notification, or why it must not be sent."""
    named: Sequence[NamedHome]
    """To be recorded when they are sent."""


def record_named(named: Sequence[NamedHome]) -> Statement:
    """Record which homes first alerts name."""
    return Statement(_RECORD_NAMED, named)


def refreshed(
    notifications: Sequence[UUID], channel: Channel, now: datetime
) -> Script[Mapping[UUID, Reworded | Reason]]:
    """What those of these notifications tell now that are alerts, or why they must not be sent on this channel."""
    return (yield from refresh(notifications, channel, now)).now


def refresh(
    notifications: Sequence[UUID], channel: Channel, now: datetime, claimed: Container[UUID] = ()
) -> Script[Refreshed]:
    """What those of these notifications tell now that are alerts.

    A home that changed since, or whose searches were edited, is compared with these again, as they are now. A first
    alert names and counts the homes that still match. Of newer alerts about a home those count that are sent: they are
    looked at first, and so are those that wait, which another claim takes. An alert tells also the facts of older ones
    that it replaces, and is sent for these alone if it does not hold itself.

    Those that are `claimed` take turns with other claims. Items of digests do not: a digest that is made has locked its
    window, for which a claim may wait that has its turn.

    Those that tell of no home may be about a search: these are compared with the search.
    """
    known = yield from stored_alerts(notifications)
    outdated = yield from outdated_notices(set(notifications) - {one.id for one in known})
    its = yield from _refresh(known, frozenset(notifications), channel, now, claimed)
    return its._replace(now={**its.now, **outdated})


def _refresh(
    known: Sequence[StoredAlert],
    together: Container[UUID],
    channel: Channel,
    now: datetime,
    claimed: Container[UUID],
) -> Script[Refreshed]:
    """What these alerts tell now."""
    singles = [one for one in known if not one.is_in_first_alert]
    yield from take_turns(one for one in singles if one.id in claimed)
    newer, older, others = yield from _newer_and_older(singles, together, channel, now)
    both = [*known, *others]
    running = yield from running_searches(both)
    expressions = yield from expressions_of(one for one in both if not one.is_unchanged or edited(one, running))
    look = Look(expressions, running, channel, partial(is_over, now=now))
    firsts = list(map(_once, _homes_of_firsts(known, look.held)))
    places = [each for homes in firsts for each in _places(homes)]
    untold = {one.alerted_home for one, reason in places if reason is not None}
    waiting = {one.id for some in newer.values() for one in some if one.waits}
    later = [one for one in others if one.id in waiting]
    untold.update(one.alerted_home for one, its in readable_alerts(later, look.held) if isinstance(its, Reason))
    lists = {one.id for one in (*known, *others) if one.is_in_first_alert}

    stored = {one.alerted_home: one for one in (*singles, *others) if one.id not in lists}

    def older_of(one: StoredAlert, which: Callable[..., Iterable[AlertedHome]]) -> list[StoredAlert]:
        return [stored[home] for home in which(older.get(one.id, ()), together, untold) if home in stored]

    def look_at(one: StoredAlert) -> AlertDetails | Reason:
        means = overtaking(newer.get(one.id, ()), together, untold, lists)
        its = ALREADY_TOLD if _was_told(one, older.get(one.id, ()), together) else look.held(one, means)
        if isinstance(its, Reason) and not means.is_told:
            its = look.in_place_of(one, older_of(one, replaced_by)) or its
        if isinstance(its, Reason):
            untold.add(one.alerted_home)
        return its

    newest_first = sorted(singles, key=_sequence_of, reverse=True)
    held = list(readable_alerts(newest_first, look_at))
    its_older = {one.id: older_of(one, not_told_yet) for one, _ in held}
    told = dict(_written(held, its_older, look))
    told |= {homes[0][0].id: _first_alert(homes, expressions) for homes in firsts}
    return Refreshed(told, list(_named_homes(places)))


def _newer_and_older(
    singles: Sequence[StoredAlert], together: Container[UUID], channel: Channel, now: datetime
) -> Script[tuple[Mapping[UUID, Sequence[Newer]], Mapping[UUID, Sequence[Older]], list[StoredAlert]]]:
    """The newer and the older alerts for each of these, and of both those that are looked at with them."""
    newer = yield from newer_alerts(singles, channel, now)
    telling = [one for one in singles if not went_out_before(newer.get(one.id, ()), together)]
    older = yield from older_alerts(telling, channel, now)
    waiting = {one.id for some in newer.values() for one in some if one.waits}
    replaced = (not_told_yet(some, together, {one.home for one in some}) for some in older.values())
    wanted = {id_ for id_ in waiting.union(id_ for some in replaced for id_, _ in some) if id_ not in together}
    return newer, older, (yield from stored_alerts(sorted(wanted))) if wanted else []


def _was_told(one: StoredAlert, older: Iterable[Older], together: Container[UUID]) -> bool:
    """Whether an older alert told the same at the same price, of what turned out to be the same home.

    One that is sent together with it did not: it may not hold any more, and if it holds, the newer one replaces it.
    """
    same = (its.said_the_same for its in older if its.said_the_same is not None and its.id not in together)
    price = one.details.price, one.details.currency
    return any((its.price, its.currency) == price for its in map(AlertDetails.read, same))


def _homes_of_firsts(
    known: Iterable[StoredAlert], hold: Callable[[StoredAlert], AlertDetails | Reason]
) -> Iterator[list[_Held]]:
    """The homes of each first alert."""
    homes = readable_alerts((one for one in known if one.is_in_first_alert), hold)
    return (list(some) for _, some in groupby(homes, _id_of))


def _written(
    newest_first: Iterable[_Held], older: Mapping[UUID, Sequence[StoredAlert]], look: Look
) -> Iterator[tuple[UUID, Reworded | Reason]]:
    """The text of each alert with the facts of the older ones that it replaces, or why it is not sent."""
    changed_back: set[UUID] = set()
    for one, its in newest_first:
        if isinstance(its, AlertDetails):
            its = told_together(its, [part for part, _ in look.replaced(older[one.id])])
            if its == CHANGED_BACK:
                changed_back.update(each.id for each in older[one.id])
        elif one.id in changed_back and its in (NEWER_ALERT, PRICE_CHANGED_SINCE):
            its = CHANGED_BACK
        yield one.id, its if isinstance(its, Reason) else _reworded(its)


def _reworded(its: AlertDetails) -> Reworded:
    return Reworded(*write(its), its.language, lines_in_digest(its))


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


def _named_homes(places: Iterable[tuple[StoredAlert, Reason | None]]) -> Iterator[NamedHome]:
    for one, reason in places:
        code = None if reason is None else reason.code.value
        if code != one.left_out:
            yield NamedHome(one.id, one.listing_id, code)


def _first_alert(homes: Sequence[_Held], expressions: Mapping[int, Expression]) -> Reworded | Reason:
    """What a first alert tells now."""
    kept = [its for _, its in homes if not isinstance(its, Reason)]
    if not kept:
        return next(its for _, its in homes if isinstance(its, Reason))
    first, search = kept[0], kept[0].searches[0]
    expression = expressions.get(search.number) if search.number is not None else None
    in_words = "" if expression is None else sentence(expression, first.language)
    alert = FirstAlert(search.name, in_words, kept, first.matched or 0)
    title, message = write_first_alert(alert, first.language)
    # A digest shows all lines of a first alert, because no other alert tells the homes that it names.
    return Reworded(title, message, first.language, [line for line in message.splitlines() if line])
