"""Decides about collected deliveries when their window closes or when they are reevaluated. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from property_alert_notification.base.reasons import Reason, ReasonCode
from property_alert_notification.base.vocabulary import Channel, DeliveryState
from property_alert_notification.channels.definition import definition_of
from property_alert_notification.deliveries.states import Event, after
from property_alert_notification.deliveries.windows.keys import WindowKey, held_by
from property_alert_notification.digests.layout import Part, compose
from property_alert_notification.notifications.submission import Submission
from property_alert_notification.people.categories.rules import DIGEST, Category
from property_alert_notification.people.decide import Message, decide
from property_alert_notification.people.decisions import Collect, Decision, Suppress
from property_alert_notification.people.person import Person

_SOONEST, _LATEST = timedelta(seconds=30), timedelta(minutes=10)
"""The shortest and the longest wait before the worker checks whether a digest has ended."""


class Window(NamedTuple):
    """A digest window that a worker processes."""

    id: UUID
    user_id: int
    test: bool
    channel: Channel
    category: str
    closes_at: datetime
    due_at: datetime | None
    closed_at: datetime | None
    digest_id: UUID | None

    @property
    def user(self) -> tuple[int, bool]:
        """The user of the window, and whether it is for tests."""
        return self.user_id, self.test

    @property
    def held_by(self) -> str:
        """The `held_by` of its deliveries."""
        return held_by(self.id)

    @property
    def may_hold_items(self) -> bool:
        """Whether a delivery may wait in it that no digest carries.

        A closed window has none, unless one joined it later: joining sets its `due_at` to its `closes_at` again.
        """
        return self.closed_at is None or self.due_at == self.closes_at

    def must_close(self, now: datetime) -> bool:
        """Whether its digest is due. Otherwise its deliveries are only reevaluated."""
        return self.closed_at is None and self.closes_at <= now


class Item(NamedTuple):
    """One collected delivery."""

    delivery_id: UUID
    notification_id: UUID
    held_by: str
    address: str
    urgent: bool
    title: str
    message: str
    """The part of the message that a digest can show."""
    expires_at: datetime | None
    caller: str | None
    digest_at: datetime | None = None
    """When the digest is made that a saved search submitted it for."""
    lines: Sequence[str] = ()
    """What a long digest shows of it; if there are none, the first lines of the message."""


class Reworded(NamedTuple):
    """What an item tells now."""

    title: str
    message: str
    language: str | None = None
    """Of the text, a BCP 47 tag."""
    lines: Sequence[str] = ()
    """What a long digest shows of it; if there are none, the first lines of the message."""


class Leaving(NamedTuple):
    """An item that leaves its window without a digest."""

    item: Item
    state: DeliveryState
    reason: Reason
    window: WindowKey | None = None
    """Where it is collected instead."""


class Sorted(NamedTuple):
    """The items of one window."""

    staying: list[Item]
    leaving: list[Leaving]


def sort(window: Window, items: Iterable[Item], person: Person, category: Category, now: datetime) -> Sorted:
    """Sort the items of a window into those that stay, are carried by the digest, or leave.

    Items that expired, or that the user does not want any more, leave. If the window closes now, its digest carries all
    others. A window that is not due yet, or was closed before, keeps the items whose decision is still to collect them
    for it; the others leave.
    """
    decisions: dict[tuple[str, bool, datetime | None], Decision] = {}
    sorted_ = Sorted([], [])
    for item in items:
        asked = item.address, item.urgent, item.digest_at
        if (decision := decisions.get(asked)) is None:
            decision = decisions[asked] = decide(message_of(window, item, category), person, now)
        if (leaving := _leaving(window, item, decision, now)) is None:
            sorted_.staying.append(item)
        else:
            sorted_.leaving.append(leaving)
    return sorted_


def look_again(items: Iterable[Item], now: Mapping[UUID, Reworded | Reason]) -> Sorted:
    """Sort items by what they tell now, by notification: those that no longer hold leave."""
    sorted_ = Sorted([], [])
    for item in items:
        match now.get(item.notification_id):
            case Reason() as reason:
                sorted_.leaving.append(Leaving(item, _after(Event.UNWANTED), reason))
            case Reworded(title=title, message=message, lines=lines):
                sorted_.staying.append(item._replace(title=title, message=message, lines=lines))
            case None:
                sorted_.staying.append(item)
    return sorted_


def message_of(window: Window, item: Item, category: Category) -> Message:
    """The message that the rules are evaluated for."""
    return Message(window.channel, category, item.address, urgent=item.urgent, digest_at=item.digest_at)


def _leaving(window: Window, item: Item, decision: Decision, now: datetime) -> Leaving | None:
    if isinstance(decision, Suppress):
        return Leaving(item, _after(Event.UNWANTED), decision.reason)
    if item.expires_at is not None and item.expires_at <= now:
        return Leaving(item, _after(Event.TOO_LATE), Reason(ReasonCode.EXPIRED))
    if window.must_close(now):
        return None
    if not isinstance(decision, Collect):  # the claim decides whether it is held
        return Leaving(item, _after(Event.RELEASED), decision.reason)
    if decision.closes_at == window.closes_at and window.closed_at is None:
        return None
    joined = WindowKey(window.user_id, window.test, window.channel, window.category, decision.closes_at)
    return Leaving(item, DeliveryState.COLLECTED, decision.reason, joined)


def _after(event: Event) -> DeliveryState:
    return after(DeliveryState.COLLECTED, event)


def digest_of(window: Window, items: Sequence[Item], language: str | None = None) -> Submission:
    """Build the digest of a window with these items, at least one, in the order of their acceptance.

    It goes to the newest address of its items. Its caller is that of the items if they all have the same one.
    `language` is the BCP 47 tag of its user.
    """
    callers = {item.caller for item in items}
    short = definition_of(window.channel).measure is not None
    parts = [Part(item.title, item.message, item.lines) for item in items]
    title, message = compose(window.category, parts, short=short, language=language)
    return Submission(
        user_id=window.user_id,
        title=title,
        message=message,
        addresses={window.channel: items[-1].address},
        category=DIGEST,
        carries=window.category,
        channels=(window.channel,),
        caller=callers.pop() if len(callers) == 1 else None,
        test=window.test,
    )


def next_check_at(closed_at: datetime, now: datetime) -> datetime:
    """When the worker next checks whether a digest has ended: the older the digest, the less often."""
    return now + min(max(now - closed_at, _SOONEST), _LATEST)
