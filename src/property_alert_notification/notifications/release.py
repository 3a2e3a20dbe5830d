"""Releases scheduled notifications: a due notification is planned like one that was just accepted."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from property_alert_notification.base.reasons import Reason, ReasonCode
from property_alert_notification.base.vocabulary import Approval, Channel, DeliveryState
from property_alert_notification.database import run_within
from property_alert_notification.deliveries import scripts as delivery_scripts
from property_alert_notification.deliveries.holds import scripts as holds
from property_alert_notification.deliveries.records import NewDelivery
from property_alert_notification.deliveries.states import ENDED, kept_status
from property_alert_notification.deliveries.windows import scripts as window_scripts
from property_alert_notification.deliveries.windows.keys import WindowKey
from property_alert_notification.events import scripts as events
from property_alert_notification.notifications import queries
from property_alert_notification.notifications.create import Planner
from property_alert_notification.notifications.ends.planned import events_of_planned
from property_alert_notification.notifications.models import Notification
from property_alert_notification.notifications.plan import Planned, create_deliveries, plan, until_approved
from property_alert_notification.notifications.stored_addresses import read_addresses
from property_alert_notification.notifications.stored_local import read_local
from property_alert_notification.people.decide import Message
from property_alert_notification.people.directory.profile import Profile
from property_alert_notification.people.hours.local_time import moment_of
from property_alert_notification.people.person import UNKNOWN, Person
from property_alert_notification.people.scripts import UserOf, people_of

AT_ONCE = 500
"""How many notifications one transaction releases: few enough not to delay accepts."""


async def release_due(connection: AsyncConnection, planner: Planner, only: Collection[UUID] | None = None) -> int:
    """Plan scheduled notifications that are due, or those of `only` that are; returns how many, at most `AT_ONCE`."""
    due = await queries.due.take(connection, now=planner.clock.now(), limit=AT_ONCE, only=only)
    if due:
        await plan_now(connection, due, planner)
    return len(due)


@dataclass(frozen=True, slots=True)
class Reach:
    """Where the user of a notification is reached."""

    addresses: Mapping[Channel, str]
    unreachable: Mapping[Channel, Reason] = field(default_factory=dict)
    """Channels without an address, with the reason."""
    profile: Profile | None = None
    """The profile of the user, if the notification needed a lookup."""


_AT_THEIR_ADDRESSES: Mapping[UUID, Reach] = MappingProxyType({})


async def plan_now(
    connection: AsyncConnection,
    scheduled: Sequence[Notification],
    planner: Planner,
    reached: Mapping[UUID, Reach] = _AT_THEIR_ADDRESSES,
) -> None:
    """Create the deliveries of scheduled notifications, which the caller has locked, as their users want it today.

    Users are reached at the addresses of the notification's row, unless `reached` says otherwise. One that is for a
    time of its user's clock goes on waiting if that clock does not show the time yet.
    """
    known = dict(await _people_of(connection, scheduled, planner, reached))
    for one in scheduled:
        profile = reached[one.id].profile if one.id in reached else None
        if profile is not None and (person := known.get((one.user_id, one.test))) is not None:
            known[one.user_id, one.test] = person._replace(profile=profile)
    now = planner.clock.now()
    moments = _moments_by_local_time(scheduled, known)
    later = {id_: moment for id_, moment in moments.items() if moment > now}
    await queries.move(connection, later)
    windows: list[WindowKey] = []
    created = {
        one.id: _deliveries_of(
            one,
            known.get((one.user_id, one.test), UNKNOWN),
            reached.get(one.id) or Reach(read_addresses(one.addresses)),
            planner,
            now,
            windows,
        )
        for one in scheduled
        if one.id not in later
    }
    if windows:
        await window_scripts.join(windows).run(connection)
    deliveries = [delivery for theirs in created.values() for delivery in theirs]
    for statement in (delivery_scripts.add(deliveries), *holds.of_planned(deliveries)):
        await statement.run(connection)
    statuses = {id_: kept_status([delivery.state for delivery in theirs]) for id_, theirs in created.items()}
    await queries.mark_planned(connection, statuses.items())
    new = [
        event
        for one in scheduled
        if one.id in created
        for event in events_of_planned(
            one.id, statuses[one.id], created[one.id], caller=one.caller, test=one.test, at=now
        )
    ]
    await run_within(connection, events.record(new))


async def move_by_local_time(connection: AsyncConnection, users: Collection[int], planner: Planner) -> None:
    """Compute the `send_at` of notifications with a `send_at_local` anew, because zones may have changed."""
    waiting = await queries.at_local_times(connection, users)
    if waiting:
        known = await _people_of(connection, waiting, planner)
        await queries.move(connection, _moments_by_local_time(waiting, known))


async def moment_by_local_time(
    connection: AsyncConnection, notification: Notification, planner: Planner
) -> datetime | None:
    """The moment of its `send_at_local` in its user's zone; None if it has none."""
    known = await _people_of(connection, [notification], planner)
    return _moments_by_local_time([notification], known).get(notification.id)


async def _people_of(
    connection: AsyncConnection,
    scheduled: Collection[Notification],
    planner: Planner,
    reached: Mapping[UUID, Reach] = _AT_THEIR_ADDRESSES,
) -> Mapping[UserOf, Person]:
    categories = planner.categories()
    messages = (
        ((one.user_id, one.test), Message(channel, categories.of(one.category), address, one.urgent, one.is_local))
        for one in scheduled
        for channel, address in _addresses_of(one, reached)
    )
    people = people_of(messages, default=planner.default_preferences, subjects=planner.subjects)
    return await run_within(connection, people)


def _addresses_of(one: Notification, reached: Mapping[UUID, Reach]) -> Iterable[tuple[Channel, str | None]]:
    """The address on each channel; every channel without an address when none is known."""
    addresses = reached[one.id].addresses if one.id in reached else read_addresses(one.addresses)
    return addresses.items() or [(channel, None) for channel in Channel]


def _moments_by_local_time(scheduled: Iterable[Notification], known: Mapping[UserOf, Person]) -> dict[UUID, datetime]:
    """The moments of the notifications that have a `send_at_local`."""
    moments = {}
    for one in scheduled:
        if (local := read_local(one.send_at_local)) is not None:
            person = known.get((one.user_id, one.test), UNKNOWN)
            moments[one.id] = moment_of(local, person, *read_addresses(one.addresses).values())
    return moments


def _deliveries_of(
    notification: Notification,
    person: Person,
    reach: Reach,
    planner: Planner,
    now: datetime,
    windows: list[WindowKey],
) -> list[NewDelivery]:
    """Plan its deliveries; adds the digest windows that collect some of them to `windows`."""
    expired = notification.expires_at is not None and notification.expires_at <= now
    planned: Iterable[Planned] = plan(
        reach.addresses,
        person,
        planner.categories().of(notification.category),
        urgent=notification.urgent,
        only=notification.requested_channels,
        now=now,
        unused=planner.unused,
        unreachable=reach.unreachable,
        digest_at=notification.digest_at,
    )
    if expired:
        planned = map(_expire, planned)
    if notification.approval not in (None, Approval.APPROVED):
        planned = (until_approved(one, notification.user_id) for one in planned)
    deliveries, joined = create_deliveries(
        notification.id,
        planned,
        user_id=notification.user_id,
        category=notification.category,
        urgent=notification.urgent,
        test=notification.test,
        now=now,
        new_id=planner.clock.new_id,
    )
    windows += joined
    return deliveries


def _expire(planned: Planned) -> Planned:
    """Consent is checked before expiry: a delivery that the user does not want is suppressed, not expired."""
    if planned.state in ENDED:
        return planned
    reason = Reason(ReasonCode.EXPIRED)
    return planned._replace(state=DeliveryState.EXPIRED, reason=reason, due_at=None, held_by=None, closes_at=None)
