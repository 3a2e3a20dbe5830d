"""Cancels notifications, and changes them as long as no worker has claimed a delivery.

Every transaction here locks deliveries before their notification, as claim and settle do. Transactions that take the
locks in opposite orders deadlock.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from property_alert_notification.api.access.admission import Admission
from property_alert_notification.base.clock import Clock
from property_alert_notification.base.errors import Conflict, InvalidField, NotFound
from property_alert_notification.base.reasons import cancelled_by
from property_alert_notification.base.times import local
from property_alert_notification.base.vocabulary import Channel, DeliveryState, NotificationStatus
from property_alert_notification.database import run_within
from property_alert_notification.deliveries import queries as deliveries
from property_alert_notification.deliveries.models import Delivery
from property_alert_notification.deliveries.states import ENDED
from property_alert_notification.events.new_event import NewEvent
from property_alert_notification.events.scripts import record
from property_alert_notification.notifications import queries
from property_alert_notification.notifications import scripts as notification_scripts
from property_alert_notification.notifications.answers import NotificationDetail
from property_alert_notification.notifications.create import Planner
from property_alert_notification.notifications.detail import NO_SUCH_NOTIFICATION, read
from property_alert_notification.notifications.ends.planned import events_of_planned
from property_alert_notification.notifications.models import Notification, NotificationChange
from property_alert_notification.notifications.refusals import EITHER, why_never
from property_alert_notification.notifications.release import moment_by_local_time, plan_now
from property_alert_notification.notifications.schemas import NotificationPatch
from property_alert_notification.notifications.stored_addresses import write_addresses
from property_alert_notification.notifications.stored_local import write_local

NOTHING_LEFT = "Nothing is left to cancel: it has ended, is being sent at this moment, or is part of a digest already."


@dataclass(frozen=True, slots=True)
class _Held:
    """A notification, locked: no other transaction changes, claims or settles it until this one ends."""

    notification: Notification
    deliveries: Sequence[Delivery]

    @property
    def is_scheduled(self) -> bool:
        return self.notification.status == NotificationStatus.SCHEDULED

    @property
    def open(self) -> list[Delivery]:
        return [delivery for delivery in self.deliveries if delivery.state not in ENDED]

    @property
    def addresses(self) -> dict[Channel, str]:
        """The addresses of its deliveries."""
        return {Channel(delivery.channel): delivery.address for delivery in self.deliveries if delivery.address}

    def events_of_cancellation(self, now: datetime) -> list[NewEvent]:
        """The event that it was cancelled before it was planned."""
        its = self.notification
        return events_of_planned(its.id, NotificationStatus.CANCELLED, [], caller=its.caller, test=its.test, at=now)

    def actor(self, admission: Admission) -> str:
        """The author of the change, as in the timeline."""
        return admission.actor_beside(self.notification.caller, test=self.notification.test)


async def cancel(
    connection: AsyncConnection, notification_id: UUID, admission: Admission, *, now: datetime
) -> NotificationDetail:
    """Cancel a notification: nothing of it is sent, except deliveries that are at a provider at this moment.

    Such a delivery ends with the result of its provider, and is not retried.

    Raises:
        Conflict: nothing is left to cancel.
        NotFound: no notification with this id is visible to the caller.
    """
    held = await _hold(connection, notification_id, admission)
    waiting = [
        delivery for delivery in held.open if delivery.state != DeliveryState.SENDING and not delivery.is_in_digest
    ]
    if not held.is_scheduled and not waiting:
        raise Conflict(NOTHING_LEFT)
    by = held.actor(admission)
    await queries.change(connection, notification_id, cancelled_at=now, cancelled_by=by)
    if held.is_scheduled:
        ended = {"status": NotificationStatus.CANCELLED, "addresses": None, "look_up_at": None, "parked": None}
        await queries.change(connection, notification_id, **ended)
        await run_within(connection, record(held.events_of_cancellation(now)))
    else:
        await deliveries.cancel(connection, notification_id, reason=cancelled_by(by), now=now)
        await run_within(connection, notification_scripts.conclude([delivery.id for delivery in waiting], at=now))
    return await read(connection, notification_id)


async def cancel_unread(connection: AsyncConnection, notification_id: UUID, *, by: str, now: datetime) -> None:
    """Cancel a notification with an unreadable row, by statements that read none of its values.

    Raises:
        Conflict: nothing is left to cancel.
    """
    held = await deliveries.lock_open(connection, notification_id)
    waiting = await deliveries.cancel(connection, notification_id, reason=cancelled_by(by), now=now)
    if not waiting and not await queries.cancel_scheduled(connection, notification_id):
        raise Conflict(NOTHING_LEFT)
    await queries.change(connection, notification_id, cancelled_at=now, cancelled_by=by)
    if waiting:
        await run_within(connection, notification_scripts.conclude(held, at=now))


async def change(
    connection: AsyncConnection,
    notification_id: UUID,
    patch: NotificationPatch,
    admission: Admission,
    planner: Planner,
) -> NotificationDetail:
    """Change the content or the times of a notification, as long as no delivery was claimed.

    Raises:
        Conflict: it has ended, or a worker has claimed one of its deliveries before.
        InvalidField: it would expire before it could be sent.
        NotFound: no notification with this id is visible to the caller.
    """
    held = await _hold(connection, notification_id, admission)
    if not held.is_scheduled and (
        not held.open or any(delivery.fence or delivery.is_in_digest for delivery in held.deliveries)
    ):
        raise Conflict("It can no longer be changed: it has ended, or sending it has begun.")
    values, now = patch.model_dump(exclude_unset=True), planner.clock.now()
    values |= await _times(connection, held, patch, planner)
    _check_times(held.notification, values, now)
    later = values["send_at"] if values.get("send_at") and values["send_at"] > now else None
    moved = {"moved_at": None if later else now} if "send_at" in values else {}
    await queries.change(connection, notification_id, **values, **moved)
    if changed := [name for name, value in values.items() if getattr(held.notification, name) != value]:
        await queries.note_change(connection, _noted(held, changed, admission, planner.clock))
    if held.is_scheduled and held.notification.look_up is not None:
        send_at = values.get("send_at", held.notification.send_at)
        await _look_up_again(connection, held, max(send_at or now, now))
    elif "send_at" in values:
        await _move(connection, held, values, later, planner)
    return await read(connection, notification_id)


async def _times(
    connection: AsyncConnection, held: _Held, patch: NotificationPatch, planner: Planner
) -> dict[str, Any]:
    """The columns that follow from the changed times: `send_at` removes `send_at_local`, and the reverse.

    Raises:
        InvalidField: the change has both.
    """
    if patch.send_at_local is not None:
        if patch.send_at is not None:
            raise EITHER
        addresses = held.notification.addresses or write_addresses(held.addresses)
        wanted = {"addresses": addresses, "send_at_local": patch.send_at_local}
        return {
            "send_at": await moment_by_local_time(connection, held.notification.model_copy(update=wanted), planner),
            "send_at_local": write_local(local(patch.send_at_local)),
        }
    if "send_at" in patch.model_fields_set:
        return {"send_at_local": None}
    if "send_at_local" in patch.model_fields_set and held.notification.is_local:
        return {"send_at": None}
    return {}


def _noted(held: _Held, changed: Iterable[str], admission: Admission, clock: Clock) -> NotificationChange:
    return NotificationChange(
        id=clock.new_id(),
        notification_id=held.notification.id,
        at=clock.now(),
        changed_by=held.actor(admission),
        fields=" ".join(changed),
    )


def _check_times(notification: Notification, values: Mapping[str, Any], now: datetime) -> None:
    """Check the changed times against the unchanged ones."""
    changed = [name for name in ("expires_at", "send_at") if name in values]
    if not changed:
        return
    times = {name: values.get(name, getattr(notification, name)) for name in ("send_at", "expires_at")}
    problem = why_never(**times, now=now)
    if problem is None:
        return
    if "expires_at" in changed:
        raise InvalidField("expires_at", problem)
    name = "send_at" if values.get("send_at_local") is None else "send_at_local"
    raise InvalidField(name, f"does not fit the stored expires_at, which {problem}")


async def _hold(connection: AsyncConnection, notification_id: UUID, admission: Admission) -> _Held:
    while True:
        async with connection.begin_nested() as attempt:
            locked = await deliveries.lock_open(connection, notification_id)
            notification = await queries.lock(connection, notification_id)
            if notification is None or not admission.visible.covers(notification.caller, test=notification.test):
                raise NotFound(NO_SUCH_NOTIFICATION)
            held = _Held(notification, await deliveries.of_notifications(connection, [notification_id]))
            if {delivery.id for delivery in held.open} == locked:
                return held
            # It was released between the two locks. Its deliveries must be locked first, so the transaction starts
            # again.
            await attempt.rollback()


async def _move(
    connection: AsyncConnection, held: _Held, values: Mapping[str, Any], later: datetime | None, planner: Planner
) -> None:
    """Plan it now, or when its new time comes."""
    if later and not held.is_scheduled:
        await _unplan(connection, held, later)
    if not later and held.is_scheduled:
        await plan_now(connection, [held.notification.model_copy(update=values)], planner)


async def _look_up_again(connection: AsyncConnection, held: _Held, at: datetime) -> None:
    await queries.change(connection, held.notification.id, look_up_at=at, parked=None)


async def _unplan(connection: AsyncConnection, held: _Held, send_at: datetime) -> None:
    """Delete its deliveries, which no worker has claimed; a new plan is made when its time comes."""
    notification, looked_up = held.notification, held.notification.looked_up
    addresses = {channel: address for channel, address in held.addresses.items() if channel not in looked_up}
    if looked_up:
        await _look_up_again(connection, held, send_at)
    await deliveries.remove(connection, notification.id)
    await queries.change(
        connection,
        notification.id,
        status=NotificationStatus.SCHEDULED,
        addresses=write_addresses(addresses),
    )
