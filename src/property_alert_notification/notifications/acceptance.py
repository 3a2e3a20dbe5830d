"""Accepting a notification: store it together with the promise to deliver it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from property_alert_notification.clock import Clock
from property_alert_notification.database import Database, GroupCommit
from property_alert_notification.deliveries import queries as deliveries
from property_alert_notification.deliveries.queries import NewDelivery
from property_alert_notification.deliveries.states import status_of
from property_alert_notification.errors import NotFound
from property_alert_notification.metrics import Metrics
from property_alert_notification.notifications import queries
from property_alert_notification.notifications.addresses import normalise_email, normalise_phone
from property_alert_notification.notifications.plan import plan, promise
from property_alert_notification.notifications.queries import NewNotification
from property_alert_notification.notifications.schemas import NotificationCreate
from property_alert_notification.preferences import queries as preferences
from property_alert_notification.preferences.rules import Wishes
from property_alert_notification.vocabulary import Channel, NotificationStatus

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Accepted:
    """The durable answer to a request."""

    id: UUID
    status: NotificationStatus


@dataclass(frozen=True, slots=True)
class _Request:
    """A request whose addresses are in their stored form."""

    body: NotificationCreate
    addresses: dict[Channel, str]


class Acceptance:
    """Where notifications come in. Concurrent requests are committed together."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        metrics: Metrics,
        *,
        strict_addresses: bool,
        timeout: float,
        wake: Callable[[], None],
    ) -> None:
        """`timeout` is in seconds; `wake` is called when something became due."""
        self._clock = clock
        self._metrics = metrics
        self._strict = strict_addresses
        self._timeout = timeout
        self._wake = wake
        self._commits: GroupCommit[_Request, Accepted] = GroupCommit(database, self._store)

    async def accept(self, body: NotificationCreate) -> Accepted:
        """Store a notification and one delivery per channel; both are on the disk when this returns.

        Raises:
            InvalidField: an address is impossible.
            NotFound: the user has never said what they want to receive.
            StoreUnavailable: nothing was promised.
        """
        request = _Request(body, self._addresses(body))
        with self._metrics.stage("accept"):
            accepted = await self._commits.submit(request, timeout=self._timeout)
        self._metrics.accepted.inc()
        log.debug("notification.accepted", notification_id=str(accepted.id))
        self._wake()
        return accepted

    def _addresses(self, body: NotificationCreate) -> dict[Channel, str]:
        addresses = {}
        if body.user_email is not None:
            addresses[Channel.EMAIL] = normalise_email(body.user_email, strict=self._strict)
        if body.user_phone_number is not None:
            addresses[Channel.SMS] = normalise_phone(body.user_phone_number, strict=self._strict)
        return addresses

    async def _store(self, connection: AsyncConnection, requests: Sequence[_Request]) -> list[Accepted | Exception]:
        wishes = await preferences.wishes_of(connection, {request.body.user_id for request in requests})
        notifications: list[NewNotification] = []
        promised: list[NewDelivery] = []
        answers: list[Accepted | Exception] = []
        for request in requests:
            if request.body.user_id not in wishes:
                answers.append(NotFound("Preferences not found for user"))
                continue
            notification = self._notification(request)
            planned = self._promise(notification, request, wishes[request.body.user_id])
            notifications.append(notification)
            promised += planned
            answers.append(Accepted(notification.id, status_of([delivery.state for delivery in planned])))
        if notifications:
            await queries.add(connection, notifications)
        if promised:
            await deliveries.add(connection, promised)
        return answers

    def _notification(self, request: _Request) -> NewNotification:
        body, now = request.body, self._clock.now()
        later = body.send_at is not None and body.send_at > now
        return NewNotification(
            id=self._clock.new_id(),
            user_id=body.user_id,
            category=body.category,
            reference=body.reference,
            title=body.title,
            message=body.message,
            urgent=body.urgent,
            channels=None if body.channels is None else " ".join(body.channels),
            accepted_at=now,
            expires_at=body.expires_at,
            caller=None,
            test=False,
            status=NotificationStatus.SCHEDULED if later else None,
            send_at=body.send_at,
            user_email=request.addresses.get(Channel.EMAIL) if later else None,
            user_phone_number=request.addresses.get(Channel.SMS) if later else None,
        )

    def _promise(self, notification: NewNotification, request: _Request, wishes: Wishes) -> list[NewDelivery]:
        if notification.status is NotificationStatus.SCHEDULED:
            return []
        return [
            promise(
                notification.id,
                planned,
                urgent=notification.urgent,
                test=notification.test,
                now=notification.accepted_at,
                new_id=self._clock.new_id,
            )
            for planned in plan(request.addresses, wishes, only=request.body.channels)
        ]
