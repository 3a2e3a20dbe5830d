"""A small world for scenarios: one store, one broker, a real SMTP server, and workers on demand."""

import asyncio
from collections.abc import Awaitable, Callable, Collection
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import timedelta
from typing import Any, Self
from uuid import UUID

import pytest

from property_alert_notification.base.clock import Clock
from property_alert_notification.base.errors import BrokerUnavailable, NotFound, RequestError
from property_alert_notification.base.reasons import Reason, ReasonCode
from property_alert_notification.base.settings import Settings
from property_alert_notification.base.vocabulary import Channel, DeliveryState, Outcome
from property_alert_notification.broker.base import Queue
from property_alert_notification.database import Script, Statement
from property_alert_notification.deliveries.records import Claim, Settlement
from property_alert_notification.feedback.confirmations.confirm import Confirmer
from property_alert_notification.feedback.confirmations.setup import confirmations
from property_alert_notification.notification_worker.claim import SendingRules, claim_batch
from property_alert_notification.notification_worker.rescue import Rescuer
from property_alert_notification.notification_worker.route import Assignment, ProviderOrder
from property_alert_notification.notification_worker.settlement import settle
from property_alert_notification.notification_worker.verdict import RetryPolicy
from property_alert_notification.notification_worker.worker import Worker
from property_alert_notification.notifications.answers import DeliveryPublic, NotificationDetail
from property_alert_notification.notifications.create import Planner
from property_alert_notification.notifications.detail import read_detail
from property_alert_notification.notifications.reevaluate import reevaluate_by
from property_alert_notification.notifications.schemas import NotificationCreate
from property_alert_notification.notifications.submission import Submission
from property_alert_notification.notifications.submit import submission_of
from property_alert_notification.people.categories.rules import BUILT_IN, Categories, Category
from property_alert_notification.people.consent.ledger import ConsentLedger
from property_alert_notification.people.directory.settings import UserServiceSettings
from property_alert_notification.people.preferences import queries as preferences
from property_alert_notification.people.preferences.models import Preference, words_of
from property_alert_notification.people.suppressions.subjects import Subjects
from property_alert_notification.wiring import Parts, address_rules, assemble, planner
from tests.services.clock import SameDay
from tests.services.process import PATIENCE
from tests.services.smtp import SmtpServer

EMAIL = Channel("email")


FIRST_PAUSE, LONGEST_PAUSE = 0.02, 0.1


async def eventually(question: Callable[[], Awaitable[Any]], *, within: float = PATIENCE) -> Any:
    """Ask again and again until the answer is true, and return it.

    It asks less often the longer it waits: most questions read several tables, and the answer waits for a worker that
    the questions would keep from its work.
    """
    pause = FIRST_PAUSE
    async with asyncio.timeout(within):
        while not (answer := await question()):
            await asyncio.sleep(pause)
            pause = min(pause * 1.5, LONGEST_PAUSE)
    return answer


def let_calls_hang(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have no worker of this process think that a provider hangs, however long its calls run."""
    for name in ("SILENCE", "LONGEST_SILENCE"):
        monkeypatch.setattr(f"property_alert_notification.base.breaker.{name}", 2 * PATIENCE)


class World:
    """Everything a pipeline test needs, with the words of the tests."""

    smtp: SmtpServer

    def __init__(
        self,
        settings: Settings,
        smtp: SmtpServer | None,
        *,
        user_service: UserServiceSettings | None = None,
        clock: Clock | None = None,
    ) -> None:
        """`smtp` is None if a test has a mail server of its own."""
        self.settings = settings
        self._clock = clock or SameDay()
        self.user_service = user_service or UserServiceSettings()
        if smtp is not None:
            self.smtp = smtp
        self.workers: list[Parts] = []
        """The parts of each worker."""
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        self.parts: Parts = await self._assemble()
        return self

    async def _assemble(self) -> Parts:
        parts = await self._stack.enter_async_context(assemble(self.settings, clock=self._clock))
        return replace(parts, user_service=self.user_service)

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    async def a_worker(self) -> Worker:
        """One more worker, with parts of its own, as if it were another process."""
        parts = await self._assemble()
        self.workers.append(parts)
        return await self._stack.enter_async_context(Worker(parts))

    async def a_user(self, user_id: int = 1, *, email: bool = True, sms: bool = False) -> int:
        """A user who wants these channels from now on."""
        wanted = [Channel(name) for name, is_wanted in (("email", email), ("sms", sms)) if is_wanted]
        preference = Preference(user_id=user_id, channels=words_of(wanted), updated_at=self.parts.clock.now())
        async with self.parts.database.transaction() as connection:
            await preferences.put(connection, preference, test=False)
        return user_id

    async def forget_user(self, user_id: int = 1) -> None:
        """The user takes all consent back."""
        async with self.parts.database.transaction() as connection:
            await preferences.withdraw(connection, user_id, withdrawn_at=self.parts.clock.now(), test=False)

    @property
    def rules(self) -> SendingRules:
        """The rules of a worker."""
        return SendingRules(None, self.parts.categories.current, timedelta(days=5), Subjects(self.settings.secrets))

    @property
    def planner(self) -> Planner:
        """Plans what is submitted."""
        return planner(self.settings, self.parts.clock, self.parts.categories)

    @property
    def confirmer(self) -> Confirmer:
        """Confirms opt-ins."""
        parts, planner = self.parts, self.planner
        return Confirmer(
            parts.database,
            parts.clock,
            reevaluate_by(planner),
            ConsentLedger(parts.clock, planner.subjects, parts.categories.current),
            confirmations(self.settings, address_rules(self.settings, self.user_service), planner),
        )

    def _submission(self, body: dict[str, Any]) -> Submission | RequestError:
        return submission_of(NotificationCreate(**body), address_rules(self.settings, self.user_service))

    async def accept(self, user_id: int = 1, **fields: Any) -> UUID:
        """Submit a notification; returns its id."""
        body: dict[str, Any] = {
            "title": "A home for you",
            "message": "3 bedrooms, 1,180 square feet",
            "user_id": user_id,
            "user_email": f"user{user_id}@example.com",
            "user_phone_number": "+14155552671",
        }
        return (await self.parts.acceptance.accept(self._submission(body | fields))).id

    async def accept_unaddressed(self, user_id: int = 1, **fields: Any) -> UUID:
        """Submit a notification without addresses; returns its id."""
        body: dict[str, Any] = {"title": "A home for you", "message": "3 bedrooms", "user_id": user_id}
        return (await self.parts.acceptance.accept(self._submission(body | fields))).id

    async def detail(self, notification: UUID) -> NotificationDetail:
        """What is known of a notification."""
        return await read_detail(self.parts.database, notification)

    async def delivery(self, notification: UUID, channel: Channel = EMAIL) -> DeliveryPublic:
        """What is known of it on one channel."""
        return next(one for one in (await self.detail(notification)).deliveries if one.channel is channel)

    async def until(self, notification: UUID, status: str) -> NotificationDetail:
        """The detail once the notification has this status."""

        async def has_status() -> NotificationDetail | None:
            detail = await self.detail(notification)
            return detail if detail.status == status else None

        detail: NotificationDetail = await eventually(has_status)
        return detail

    async def until_delivery(self, notification: UUID, state: str) -> DeliveryPublic:
        """Its email delivery once it is in this state."""

        async def in_state() -> DeliveryPublic | None:
            delivery = await self.delivery(notification)
            return delivery if delivery.state == state else None

        delivery: DeliveryPublic = await eventually(in_state)
        return delivery

    async def claim(
        self, delivery: UUID, *, channel: Channel = EMAIL, lease: float = 60, submit: bool = True
    ) -> list[Claim]:
        """What a worker does before it calls the provider; without `submit`, what it does before it has a slot there.

        `lease` is in seconds, below zero it has run out already.
        """
        now = self.parts.clock.now()
        claiming = claim_batch(
            [delivery],
            channel=channel,
            order=ProviderOrder([Assignment("smtp")]),
            may_open={"smtp": 1} if submit else {},
            rules=self.rules,
            paused=(),
            may_repeat=lambda *_: True,
            now=now,
            leased_until=now + timedelta(seconds=lease),
        )
        claimed = await self.parts.database.run(claiming)
        return [job.claim for job in claimed.jobs]

    async def settle(self, claim: Claim, state: DeliveryState, outcome: Outcome, reason: str) -> set[UUID]:
        """What the worker does that holds the claim; returns what moved."""
        settlement = Settlement(
            delivery_id=claim.delivery_id,
            fence=claim.fence,
            state=state,
            reason=Reason(ReasonCode.OTHER, {"text": reason}),
            due_at=None,
            outcome=outcome,
            settled_at=self.parts.clock.now(),
        )
        return (await self.parts.database.run(settle([settlement]))).moved

    def a_rescuer(
        self, *, lease: timedelta = timedelta(seconds=2), give_up: Collection[str] = (), **rules: Any
    ) -> Rescuer:
        """One that lets nothing wait, however many workers it lost; categories to `give_up` are never resent."""
        at_once = RetryPolicy(timedelta(), timedelta(), max_attempts=8)
        once = {name: Category(name, on_unknown="give_up") for name in give_up}
        categories, parts = Categories({**BUILT_IN, **once}), self.parts
        return Rescuer(
            parts.database,
            parts.clock,
            parts.metrics,
            lease=lease,
            policy=at_once,
            categories=lambda: categories,
            **rules,
        )

    async def lose_worker(self, notification: UUID) -> None:
        """A worker claims its email and dies at once; its lease runs out, and it is rescued."""
        assert len(await self.claim((await self.delivery(notification)).id, lease=-1)) == 1
        await self.a_rescuer().rescue()

    async def until_nothing_waits(self, queue: Queue) -> None:
        """Wait until the broker has delivered every message of a queue to a consumer."""

        async def is_empty() -> bool:
            try:
                return not await self.parts.broker.waiting(queue)
            except BrokerUnavailable:  # it waits a second for RabbitMQ
                return False

        await eventually(is_empty)

    async def exists(self, notification: UUID) -> bool:
        """Whether the store knows it."""
        try:
            await self.detail(notification)
        except NotFound:
            return False
        return True


def only(ask: Statement) -> Script[None]:
    """A script of one statement."""
    yield ask
