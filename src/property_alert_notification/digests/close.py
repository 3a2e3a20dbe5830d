"""Processes digest windows in batches: reevaluates items, creates digests, ends the items of ended digests.

Each transaction first locks the rows of its windows. A transaction that adds a delivery to a window holds the same lock
until its commit. So the delivery is in the digest, or it joins the next window.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from property_alert_notification.base.reasons import Reason
from property_alert_notification.base.vocabulary import Channel, DeliveryState
from property_alert_notification.database import Script
from property_alert_notification.deliveries.states import ENDED, UNFULFILLED
from property_alert_notification.deliveries.windows import scripts as window_scripts
from property_alert_notification.digests import scripts
from property_alert_notification.digests.ends import scripts as end_scripts
from property_alert_notification.digests.rules import (
    Item,
    Leaving,
    Reworded,
    Sorted,
    Window,
    digest_of,
    look_again,
    message_of,
    next_check_at,
    sort,
)
from property_alert_notification.digests.scripts import Closed
from property_alert_notification.notifications import scripts as notification_scripts
from property_alert_notification.notifications.create import Planner, create
from property_alert_notification.notifications.draft import Accepted
from property_alert_notification.notifications.ends.scripts import record_ends
from property_alert_notification.people.categories.rules import DIGEST, LISTING_ALERT
from property_alert_notification.people.decide import Message
from property_alert_notification.people.person import UNKNOWN, Person
from property_alert_notification.people.scripts import UserOf, people_of


@dataclass(slots=True)
class Turn:
    """The result of one transaction."""

    windows: int = 0
    """How many windows were processed."""
    digests: int = 0
    """How many windows became a digest."""
    carried: int = 0
    """How many items these digests carry."""
    left: dict[DeliveryState, int] = field(default_factory=dict)
    """How many items left their windows, by their new state."""
    ended: int = 0
    """How many items ended with the state of their digest."""

    @property
    def made_due(self) -> bool:
        """Whether a delivery became due."""
        return bool(self.digests or DeliveryState.QUEUED in self.left)


Refresh = Callable[[Sequence[UUID], Channel, datetime], Script[Mapping[UUID, Reworded | Reason]]]
"""What these notifications tell at this time on a channel, or why they no longer hold; one that is left out tells what
it told."""


def close_due(planner: Planner, refresh: Refresh, *, limit: int, only: Collection[UUID] | None = None) -> Script[Turn]:
    """Process up to `limit` windows that are due, or those of `only` that are."""
    taken = yield from scripts.take_due(now=planner.clock.now(), limit=limit, only=only)
    return (yield from _process(taken, planner, refresh))


def process_ended(digests: Collection[UUID], planner: Planner, refresh: Refresh) -> Script[Turn]:
    """Process the windows of these digests, whose deliveries have just ended."""
    taken = yield from scripts.take_unfinished(digests)
    return (yield from _process(taken, planner, refresh))


def _process(taken: Sequence[Window], planner: Planner, refresh: Refresh) -> Script[Turn]:
    turn = Turn(windows=len(taken))
    if not taken:
        return turn
    now = planner.clock.now()
    sorted_, people = yield from _sort(taken, planner, now)
    for channel in Channel:
        again = [one for one in taken if one.channel == channel and _tells_of_homes(one, now)]
        yield from _look_again([sorted_[window.id] for window in again], channel, refresh, now)
    leaving = [one for sorted_items in sorted_.values() for one in sorted_items.leaving]
    yield from _take_out(leaving, now)
    for one in leaving:
        turn.left[one.state] = turn.left.get(one.state, 0) + 1
    closing = [window for window in taken if window.must_close(now) and sorted_[window.id].staying]
    digests = yield from _make_digests(closing, sorted_, people, planner, now)
    turn.digests, turn.carried = len(digests), sum(len(sorted_[id_].staying) for id_ in digests)
    states = yield from _follow(taken, now, turn)
    open_before = [window for window in taken if window.closed_at is None]
    if open_before:
        yield scripts.update_windows([_closed(window, sorted_, digests, now) for window in open_before])
    # Of the others only this column changes: SQLite writes an entry of each index whose column is set, changed or not.
    if closed_before := [(window.id, _next_check(window, states, now)) for window in taken if window.closed_at]:
        yield window_scripts.set_due(closed_before)
    return turn


def _sort(
    taken: Sequence[Window], planner: Planner, now: datetime
) -> Script[tuple[dict[UUID, Sorted], Mapping[UserOf, Person]]]:
    """Returns the sorted items of each window, and the users of windows with items."""
    reading = [window for window in taken if window.may_hold_items]
    items = (yield from scripts.items_of(reading)) if reading else {}
    holding = [scripts.checked(window) for window in taken if window.held_by in items]
    categories = planner.categories()
    # Usually all items of a window have one address, so one decision is valid for all of them.
    alike = {
        (window.id, item.address, item.urgent, item.digest_at): (window, item)
        for window in holding
        for item in items[window.held_by]
    }
    asked = [(window.user, message_of(window, item, categories.of(window.category))) for window, item in alike.values()]
    # Digests are planned for the same users.
    asked += [
        (window.user, Message(window.channel, categories.of_message(DIGEST, window.category), item.address))
        for window, item in alike.values()
        if window.must_close(now)
    ]
    people = yield from people_of(asked, default=planner.default_preferences, subjects=planner.subjects)
    empty: dict[UUID, Sorted] = {window.id: Sorted([], []) for window in taken}
    sorted_ = {
        window.id: sort(
            window, items[window.held_by], people.get(window.user, UNKNOWN), categories.of(window.category), now
        )
        for window in holding
    }
    return empty | sorted_, people


def _tells_of_homes(window: Window, now: datetime) -> bool:
    return window.must_close(now) and window.category == LISTING_ALERT


def _look_again(closing: Sequence[Sorted], channel: Channel, refresh: Refresh, now: datetime) -> Script[None]:
    """Take what no longer holds out of windows that close, and have the others tell what they tell now."""
    if not (staying := [item.notification_id for sorted_ in closing for item in sorted_.staying]):
        return
    current = yield from refresh(staying, channel, now)
    for sorted_ in closing:
        again = look_again(sorted_.staying, current)
        sorted_.staying[:] = again.staying
        sorted_.leaving.extend(again.leaving)


def _take_out(leaving: Sequence[Leaving], now: datetime) -> Script[None]:
    if not leaving:
        return
    if joined := [one.window for one in leaving if one.window is not None]:
        yield window_scripts.join(joined)
    yield scripts.leave(leaving, now=now)
    if released := {one.item.notification_id for one in leaving if one.state is DeliveryState.QUEUED}:
        yield scripts.want_now(released, now=now)
    if ended := [one.item.delivery_id for one in leaving if one.state in UNFULFILLED]:
        yield from notification_scripts.conclude(ended, at=now)


def _make_digests(
    closing: Sequence[Window],
    sorted_: Mapping[UUID, Sorted],
    people: Mapping[UserOf, Person],
    planner: Planner,
    now: datetime,
) -> Script[dict[UUID, UUID]]:
    """Returns the digest of each window. If a digest cannot be planned, its window stays open."""
    if not closing:
        return {}
    items: Iterator[tuple[Window, Sequence[Item]]] = ((window, sorted_[window.id].staying) for window in closing)
    made = yield from create(
        planner, [digest_of(window, its, people.get(window.user, UNKNOWN).language) for window, its in items], people
    )
    digests = {window.id: one.id for window, one in zip(closing, made, strict=True) if isinstance(one, Accepted)}
    yield scripts.carry([(window.held_by, digests[window.id]) for window in closing if window.id in digests], now=now)
    return digests


def _follow(taken: Sequence[Window], now: datetime, turn: Turn) -> Script[dict[UUID, DeliveryState]]:
    """End the items of digests whose delivery has ended; returns the state of each such delivery, by window."""
    followed = {window.digest_id: window for window in taken if window.digest_id is not None}
    if not followed:
        return {}
    states = yield from end_scripts.states_of(followed.keys())
    # A deleted digest counts as failed, because its result is unknown.
    found = {window: states.get(digest, DeliveryState.FAILED) for digest, window in followed.items()}
    ended = {window: DeliveryState(state) for window, state in found.items() if state in ENDED}
    if not ended:
        return {}
    items, is_anyone_listening = yield from end_scripts.end(
        [(window.held_by, state) for window, state in ended.items()], now=now
    )
    turn.ended = len(items)
    if unfulfilled := [delivery for delivery, state in items if state in UNFULFILLED]:
        yield from notification_scripts.conclude(unfulfilled, at=now)
    fulfilled = [delivery for delivery, state in items if state not in UNFULFILLED]
    if fulfilled and is_anyone_listening:
        yield from record_ends(fulfilled, at=now)
    return {window.id: state for window, state in ended.items()}


def _closed(
    window: Window,
    sorted_: Mapping[UUID, Sorted],
    digests: Mapping[UUID, UUID],
    now: datetime,
) -> Closed:
    """Returns the columns of a processed window, open until now, that are stored."""
    if not window.must_close(now):
        return Closed(window.id, window.closes_at, None, None, 0)
    if not (staying := sorted_[window.id].staying):
        return Closed(window.id, None, now, None, 0)
    if (digest := digests.get(window.id)) is None:
        return Closed(window.id, now, None, None, 0)
    return Closed(window.id, next_check_at(now, now), now, digest, len(staying))


def _next_check(window: Window, ended: Mapping[UUID, DeliveryState], now: datetime) -> datetime | None:
    """When a window that was closed before is due again; None if its digest has ended or it has none."""
    if window.closed_at is None or window.digest_id is None or window.id in ended:
        return None
    return next_check_at(window.closed_at, now)
