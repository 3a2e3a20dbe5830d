"""Accepting notifications: store each together with the promise to deliver it, once for every idempotency key.

What concurrent callers hand over is committed together, and asks the store twice, however many they are: for the
users' wishes, and to add keys, notifications and deliveries at once. Answers are known before anything is written,
because ids are made here; so a key is stored with its answer. Only when another call came first with one of the keys
is it found out with which, and the rest added.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from property_alert_notification.clock import Clock
from property_alert_notification.database import AlreadyThere, Ask, Database, GroupCommit, Script, Together
from property_alert_notification.deliveries import queries as deliveries
from property_alert_notification.deliveries.queries import NewDelivery
from property_alert_notification.deliveries.states import kept_status, status_of
from property_alert_notification.errors import CallInProgress, InvalidField, KeyReused, NotFound, StoreLocked
from property_alert_notification.idempotency import queries as idempotency
from property_alert_notification.idempotency.keys import CallKey
from property_alert_notification.idempotency.once import begin, repeat
from property_alert_notification.idempotency.queries import Answer, Stored
from property_alert_notification.metrics import Metrics
from property_alert_notification.notifications import queries
from property_alert_notification.notifications.addresses import normalise_email, normalise_phone
from property_alert_notification.notifications.backlog import Backlog
from property_alert_notification.notifications.plan import plan, promise
from property_alert_notification.notifications.queries import NewNotification
from property_alert_notification.notifications.schemas import NotificationCreate
from property_alert_notification.preferences import queries as preferences
from property_alert_notification.preferences.rules import Wishes
from property_alert_notification.vocabulary import Channel, NotificationStatus


@dataclass(frozen=True, slots=True)
class Handover:
    """One notification as its caller hands it over."""

    body: NotificationCreate
    caller: str | None = None
    test: bool = False
    key: CallKey | None = None
    """Under which it may be handed over again."""


@dataclass(frozen=True, slots=True)
class Accepted:
    """The durable answer to a handover."""

    id: UUID
    status: NotificationStatus
    replayed: bool = False
    """It was accepted by an earlier call with the same key; this one changed nothing."""


@dataclass(frozen=True, slots=True)
class _Request:
    """A handover whose addresses are in their stored form."""

    handover: Handover
    addresses: dict[Channel, str]


@dataclass(frozen=True, slots=True)
class _Draft:
    """A notification as it will be stored, if nobody stored it before."""

    notification: NewNotification
    deliveries: list[NewDelivery]
    accepted: Accepted


class Acceptance:
    """Where notifications come in."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        metrics: Metrics,
        backlog: Backlog,
        *,
        strict_addresses: bool,
        default_wishes: Wishes | None,
        keep_keys_for: timedelta,
        timeout: float,
        wake: Callable[[], None],
    ) -> None:
        """`timeout` is in seconds; `wake` is called when something became due."""
        self._database = database
        self._clock = clock
        self._metrics = metrics
        self._backlog = backlog
        self._strict = strict_addresses
        self._default_wishes = default_wishes
        self._keep_keys_for = keep_keys_for
        self._timeout = timeout
        self._wake = wake
        self._commits: GroupCommit[_Request, Accepted] = GroupCommit(
            self._commit, at_once=1 if database.is_sqlite else 2
        )

    async def accept(self, handover: Handover) -> Accepted:
        """Store a notification and one delivery per channel; both are on the disk when this returns.

        Raises:
            InvalidField: an address is impossible.
            KeyReused: its idempotency key belongs to another call.
            CallInProgress: another process is at work on the same call, and does not come to an end.
            NotFound: the user has never said what they want to receive.
            Overloaded: too much waits to be sent.
            StoreUnavailable: nothing was promised.
        """
        request = self._request(handover)
        with self._metrics.stage("accept"):
            try:
                accepted = await self._commits.submit(request, timeout=self._timeout)
            except StoreLocked:
                if handover.key is None:
                    raise
                raise CallInProgress from None
        if not accepted.replayed:
            self._count(1)
        return accepted

    async def accept_all(
        self,
        handovers: Sequence[Handover | Exception],
        key: CallKey | None,
        render: Callable[[list[Accepted | Exception]], str],
    ) -> tuple[str, bool]:
        """Store many in one transaction; an exception, given or met, takes the place of its notification's answer.

        Returns:
            The answers as `render` writes them, and whether they are those of an earlier call with the same key.

        Raises:
            KeyReused: the key of the whole call belongs to another call.
            CallInProgress: another process is at work on the same call, and does not come to an end.
            Overloaded: too much waits to be sent.
            StoreUnavailable: nothing was promised.
        """
        requests = [self._request_or_fault(handover) for handover in handovers]
        database = self._database.within(self._timeout)
        with self._metrics.stage("accept"):
            try:
                answer, replayed, count = await database.run(self._store_call(requests, key, render))
            except StoreLocked:
                if key is None and not any(_has_key(request) for request in requests):
                    raise
                raise CallInProgress from None
        self._count(count)
        return answer, replayed

    def _count(self, accepted: int) -> None:
        """Count what was stored now; what an earlier call stored was counted then."""
        self._metrics.accepted.inc(accepted)
        self._backlog.grow(accepted)
        self._wake()

    def _request_or_fault(self, handover: Handover | Exception) -> _Request | Exception:
        if isinstance(handover, Exception):
            return handover
        try:
            return self._request(handover)
        except InvalidField as fault:
            return fault

    def _request(self, handover: Handover) -> _Request:
        body, addresses = handover.body, {}
        if not body.urgent:
            self._backlog.refuse_more()
        if body.user_email is not None:
            addresses[Channel.EMAIL] = normalise_email(body.user_email, strict=self._strict)
        if body.user_phone_number is not None:
            addresses[Channel.SMS] = normalise_phone(body.user_phone_number, strict=self._strict)
        return _Request(handover, addresses)

    async def _commit(self, requests: Sequence[_Request]) -> list[Accepted | Exception]:
        return await self._database.run(self._store(requests, alone=True))

    def _store_call(
        self,
        requests: Sequence[_Request | Exception],
        key: CallKey | None,
        render: Callable[[list[Accepted | Exception]], str],
    ) -> Script[tuple[str, bool, int]]:
        """Everything that one call hands over, and the answer to the call itself."""
        now = self._clock.now()
        if key is not None:
            known = yield from begin(key, now=now, until=now + self._keep_keys_for)
            if known is not None:
                return known.text, True, 0
        usable = [request for request in requests if isinstance(request, _Request)]
        answers = iter((yield from self._store(usable, alone=key is None)))
        results = [request if isinstance(request, Exception) else next(answers) for request in requests]
        text = render(results)
        if key is not None:
            yield from idempotency.complete(key, Answer(200, text))
        return text, False, sum(isinstance(result, Accepted) and not result.replayed for result in results)

    def _store(self, requests: Sequence[_Request], *, alone: bool) -> Script[list[Accepted | Exception]]:
        """`alone` in its transaction, it tries first as if no key had ever been used before."""
        now = self._clock.now()
        until = now + self._keep_keys_for
        users = [(request.handover.body.user_id, request.handover.test) for request in requests]
        wishes = yield from preferences.wishes_of(set(users), default=self._default_wishes)
        drafts = [self._draft(request, wishes.get(user), now) for request, user in zip(requests, users, strict=True)]
        intake = _Intake(requests, drafts)
        if refused := intake.refused_keys():
            intake.repeat((yield from idempotency.earlier(refused, now=now)))
        answers = intake.new_answers()
        if alone and (additions := intake.additions()):
            try:
                yield Together([*_keys(answers, until), *additions])
            except AlreadyThere:  # another call came first with one of the keys
                pass
            else:
                return intake.answers
        if answers:
            kept = yield from idempotency.keep(answers, now=now, until=until)
            late = [one.key for one in answers if (one.key.owner, one.key.key) not in kept]
            intake.repeat((yield from idempotency.earlier(late, now=now)))
        for addition in intake.additions():  # noqa: UP028 - a list would not take the answers
            yield addition
        return intake.answers

    def _draft(self, request: _Request, wishes: Wishes | None, now: datetime) -> _Draft | None:
        if wishes is None:
            return None
        body = request.handover.body
        later = body.send_at is not None and body.send_at > now
        id_ = self._clock.new_id()
        promised = [] if later else self._promise(id_, request, wishes, now)
        states = [one.state for one in promised]
        notification = NewNotification(
            id=id_,
            user_id=body.user_id,
            category=body.category,
            reference=body.reference,
            title=body.title,
            message=body.message,
            urgent=body.urgent,
            channels=None if body.channels is None else " ".join(body.channels),
            accepted_at=now,
            expires_at=body.expires_at,
            caller=request.handover.caller,
            test=request.handover.test,
            status=NotificationStatus.SCHEDULED if later else kept_status(states),
            send_at=body.send_at,
            user_email=request.addresses.get(Channel.EMAIL) if later else None,
            user_phone_number=request.addresses.get(Channel.SMS) if later else None,
        )
        return _Draft(notification, promised, Accepted(id_, status_of(states)))

    def _promise(self, notification: UUID, request: _Request, wishes: Wishes, now: datetime) -> list[NewDelivery]:
        body = request.handover.body
        return [
            promise(
                notification,
                planned,
                urgent=body.urgent,
                test=request.handover.test,
                now=now,
                new_id=self._clock.new_id,
            )
            for planned in plan(request.addresses, wishes, only=body.channels)
        ]


class _Intake:
    """Handovers that are stored together: what is to be added for them, and what each is answered."""

    def __init__(self, requests: Sequence[_Request], drafts: Sequence[_Draft | None]) -> None:
        self.answers: list[Accepted | Exception] = [
            draft.accepted if draft else NotFound("Preferences not found for user") for draft in drafts
        ]
        self._drafts = list(drafts)
        self._calls: dict[tuple[str, str], list[tuple[int, CallKey]]] = {}
        for place, request in enumerate(requests):
            if (key := request.handover.key) is not None:
                self._calls.setdefault((key.owner, key.key), []).append((place, key))
        self._firsts = dict(self._first_successes())
        self._repeat_firsts()

    def refused_keys(self) -> list[CallKey]:
        """Keys with which nothing can be accepted now; an earlier call may have been."""
        return [same[0][1] for name, same in self._calls.items() if name not in self._firsts]

    def new_answers(self) -> list[Stored]:
        """By key, the answer to the first call that can be answered 2xx: no other is kept."""
        return [stored for _, stored in self._firsts.values()]

    def repeat(self, known: Iterable[Stored]) -> None:
        """Another call came first with these keys: answer all that have them as it was answered, and add nothing."""
        for one in known:
            for place, key in self._calls[one.key.owner, one.key.key]:
                self._answer_as(one, place, key)

    def additions(self) -> list[Ask]:
        """Every notification that is accepted, and its deliveries."""
        new = [draft for draft in self._drafts if draft]
        promised = [delivery for draft in new for delivery in draft.deliveries]
        asks = [queries.add([draft.notification for draft in new])] if new else []
        return [*asks, deliveries.add(promised)] if promised else asks

    def _first_successes(self) -> Iterator[tuple[tuple[str, str], tuple[int, Stored]]]:
        for name, same in self._calls.items():
            for place, key in same:
                if isinstance(answer := self.answers[place], Accepted):
                    yield name, (place, Stored(key, Answer(200, _write(answer))))
                    break

    def _repeat_firsts(self) -> None:
        """The same key may come twice at the same time."""
        for name, (first, stored) in self._firsts.items():
            for place, key in self._calls[name]:
                if place != first:
                    self._answer_as(stored, place, key)

    def _answer_as(self, known: Stored, place: int, key: CallKey) -> None:
        self.answers[place] = _repeat(known, key)
        self._drafts[place] = None


def _keys(answers: Sequence[Stored], until: datetime) -> list[Ask]:
    return [idempotency.add(answers, until=until)] if answers else []


def _has_key(request: _Request | Exception) -> bool:
    return isinstance(request, _Request) and request.handover.key is not None


def _write(accepted: Accepted) -> str:
    return f'{{"id":"{accepted.id}","status":"{accepted.status}"}}'


def _repeat(known: Stored, key: CallKey) -> Accepted | Exception:
    try:
        answer = json.loads(repeat(known, key).text)
    except KeyReused as fault:
        return fault
    return Accepted(UUID(answer["id"]), NotificationStatus(answer["status"]), replayed=True)
