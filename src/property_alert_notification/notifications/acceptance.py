"""Accepting notifications: store each together with the promise to deliver it, once for every idempotency key.

What concurrent callers hand over is committed together, and asks the store twice, however many they are: for the
users' wishes, and to add keys, notifications and deliveries at once. Answers are known before anything is written,
because ids are made here; so a key is stored with its answer. Only when another call came first with one of the keys
is it found out with which, and the rest added.
"""

import json
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from property_alert_notification.api.idempotency import scripts as idempotency_scripts
from property_alert_notification.api.idempotency.keys import CallKey
from property_alert_notification.api.idempotency.once import is_another_call
from property_alert_notification.api.idempotency.scripts import Answer, Stored, begin, repeat
from property_alert_notification.base.clock import Clock, time_of
from property_alert_notification.base.errors import (
    AnswerLost,
    CallInProgress,
    InvalidField,
    KeyReused,
    Overloaded,
    PreferencesNotFound,
    RequestError,
    StoreLocked,
)
from property_alert_notification.base.metrics import Metrics
from property_alert_notification.base.vocabulary import Channel, DeliveryState, NotificationStatus
from property_alert_notification.database import (
    Database,
    GroupCommit,
    Script,
    Statement,
    StatementBatch,
    UniqueConflict,
)
from property_alert_notification.deliveries import scripts as delivery_scripts
from property_alert_notification.deliveries.scripts import NewDelivery
from property_alert_notification.deliveries.states import kept_status, status_of
from property_alert_notification.notifications import scripts as notification_scripts
from property_alert_notification.notifications.addresses import AddressRules
from property_alert_notification.notifications.backlog import Backlog
from property_alert_notification.notifications.plan import plan, promise
from property_alert_notification.notifications.refusals import why_never, why_unreachable
from property_alert_notification.notifications.schemas import NotificationCreate
from property_alert_notification.notifications.scripts import NewNotification
from property_alert_notification.notifications.stored_addresses import write_addresses
from property_alert_notification.people.preferences import scripts as preference_scripts
from property_alert_notification.people.preferences.rules import Preferences


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
    waiting: int = 0
    """How many deliveries it added to what waits to be sent, urgent ones left out."""


@dataclass(frozen=True, slots=True)
class _Request:
    """A handover whose addresses are in their stored form."""

    handover: Handover
    addresses: dict[Channel, str]
    refusal: RequestError | None = None
    """Why it is not accepted, unless an earlier call with its key was."""
    room: int = 0
    """How many deliveries it may add to what waits to be sent."""


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
        addresses: AddressRules,
        default_wishes: Preferences | None,
        unused: Collection[Channel],
        keep_keys_for: timedelta,
        timeout: float,
        wake: Callable[[], None],
    ) -> None:
        """`timeout` is in seconds; `wake` is called when something became due."""
        self._database = database
        self._clock = clock
        self._metrics = metrics
        self._backlog = backlog
        self._addresses = addresses
        self._default_wishes = default_wishes
        self._unused = unused
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
        if request.refusal is not None and handover.key is None:
            raise request.refusal
        self._backlog.begin(request.room)
        accepted = None
        try:
            with self._metrics.stage("accept"):
                accepted = await self._commits.submit(request, timeout=self._timeout)
        except StoreLocked as fault:
            if not is_another_call(fault):
                raise
            raise CallInProgress from None
        finally:
            self._backlog.end(request.room, accepted.waiting if accepted else 0)
        self._count([accepted])
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
        requests = [one if isinstance(one, Exception) else self._request(one) for one in handovers]
        usable = [request for request in requests if isinstance(request, _Request)]
        if key is None and (overload := _overload(request.refusal for request in usable if not request.handover.key)):
            raise overload
        database = self._database.within(self._timeout)
        room = sum(request.room for request in usable)
        self._backlog.begin(room)
        accepted: list[Accepted] = []
        try:
            with self._metrics.stage("accept"):
                answer, replayed, accepted = await database.run(self._store_call(requests, key, render))
        except StoreLocked as fault:
            if not is_another_call(fault):
                raise
            raise CallInProgress from None
        finally:
            self._backlog.end(room, sum(one.waiting for one in accepted))
        self._count(accepted)
        return answer, replayed

    def _count(self, accepted: Sequence[Accepted]) -> None:
        self._metrics.accepted.inc(sum(not one.replayed for one in accepted))
        self._wake()

    def _request(self, handover: Handover) -> _Request:
        body = handover.body
        try:
            addresses = self._addresses.stored(body)
        except InvalidField as fault:
            return _Request(handover, {}, fault)
        if (unreachable := why_unreachable(addresses, body.channels)) is not None:
            return _Request(handover, addresses, unreachable)
        if body.urgent:
            return _Request(handover, addresses)
        now = self._clock.now()
        refusal = self._backlog.why_not(body.send_at, now=now)
        later = body.send_at is not None and body.send_at > now
        return _Request(handover, addresses, refusal, 0 if refusal or later else len(addresses))

    async def _commit(self, requests: Sequence[_Request]) -> list[Accepted | Exception]:
        return await self._database.run(self._store(requests, alone=True))

    def _store_call(
        self,
        requests: Sequence[_Request | Exception],
        key: CallKey | None,
        render: Callable[[list[Accepted | Exception]], str],
    ) -> Script[tuple[str, bool, list[Accepted]]]:
        """Everything that one call hands over, and the answer to the call itself."""
        now = self._clock.now()
        if key is not None:
            known = yield from begin(key, now=now, until=now + self._keep_keys_for)
            if known is not None:
                return known.text, True, []
        usable = [request for request in requests if isinstance(request, _Request)]
        answers = iter((yield from self._store(usable, alone=key is None, one_call=True)))
        results = [request if isinstance(request, Exception) else next(answers) for request in requests]
        text = render(results)
        if key is not None:
            yield from idempotency_scripts.complete(key, Answer(200, text))
        return text, False, [result for result in results if isinstance(result, Accepted)]

    def _store(
        self, requests: Sequence[_Request], *, alone: bool, one_call: bool = False
    ) -> Script[list[Accepted | Exception]]:
        """`alone` in its transaction, it tries first as if no key had ever been used before.

        Raises:
            Overloaded: these are of `one_call`, and too much waits to be sent for one of them.
        """
        now = self._clock.now()
        until = now + self._keep_keys_for
        users = [(request.handover.body.user_id, request.handover.test) for request in requests]
        wishes = yield from preference_scripts.wishes_of(set(users), default=self._default_wishes)
        drafts = [self._draft(request, wishes.get(user), now) for request, user in zip(requests, users, strict=True)]
        intake = _Intake(requests, drafts)
        if refused := intake.refused_keys():
            intake.repeat((yield from idempotency_scripts.earlier(refused, now=now)))
        if one_call and (overload := _overload(intake.answers)) is not None:
            raise overload
        answers = intake.new_answers()
        if alone and (additions := intake.additions()):
            try:
                yield StatementBatch([*_keys(answers, until), *additions])
            except UniqueConflict:  # another call came first with one of the keys
                pass
            else:
                return intake.answers
        if answers:
            kept = yield from idempotency_scripts.keep(answers, now=now, until=until)
            late = [one.key for one in answers if (one.key.owner, one.key.key) not in kept]
            intake.repeat((yield from idempotency_scripts.earlier(late, now=now)))
        for addition in intake.additions():  # noqa: UP028 - a list would not take the answers
            yield addition
        return intake.answers

    def _draft(self, request: _Request, wishes: Preferences | None, now: datetime) -> _Draft | RequestError:
        body = request.handover.body
        if request.refusal is not None:
            return request.refusal
        if wishes is None:
            return PreferencesNotFound(body.user_id)
        if (problem := why_never(body.send_at, body.expires_at, now=now)) is not None:
            return InvalidField("expires_at", problem)
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
            accepted_at=time_of(id_),
            expires_at=body.expires_at,
            caller=request.handover.caller,
            test=request.handover.test,
            status=NotificationStatus.SCHEDULED if later else kept_status(states),
            send_at=body.send_at,
            addresses=write_addresses(request.addresses) if later else None,
        )
        waiting = 0 if body.urgent else states.count(DeliveryState.QUEUED)
        return _Draft(notification, promised, Accepted(id_, status_of(states), waiting=waiting))

    def _promise(self, notification: UUID, request: _Request, wishes: Preferences, now: datetime) -> list[NewDelivery]:
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
            for planned in plan(request.addresses, wishes, only=body.channels, unused=self._unused)
        ]


class _Intake:
    """Handovers that are stored together: what is to be added for them, and what each is answered."""

    def __init__(self, requests: Sequence[_Request], drafts: Sequence[_Draft | RequestError]) -> None:
        self.answers: list[Accepted | Exception] = [
            draft.accepted if isinstance(draft, _Draft) else draft for draft in drafts
        ]
        self._drafts = [draft if isinstance(draft, _Draft) else None for draft in drafts]
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

    def additions(self) -> list[Statement]:
        """Every notification that is accepted, and its deliveries."""
        new = [draft for draft in self._drafts if draft]
        promised = [delivery for draft in new for delivery in draft.deliveries]
        asks = [notification_scripts.add([draft.notification for draft in new])] if new else []
        return [*asks, delivery_scripts.add(promised)] if promised else asks

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


def _keys(answers: Sequence[Stored], until: datetime) -> list[Statement]:
    return [idempotency_scripts.add(answers, until=until)] if answers else []


def _overload(answers: Iterable[Accepted | Exception | None]) -> Overloaded | None:
    """A batch of which one notification would come too late is refused as a whole, so that it may be repeated so."""
    return next((answer for answer in answers if isinstance(answer, Overloaded)), None)


def _write(accepted: Accepted) -> str:
    return f'{{"id":"{accepted.id}","status":"{accepted.status}"}}'


def _repeat(known: Stored, key: CallKey) -> Accepted | Exception:
    try:
        answer = json.loads(repeat(known, key).text)
        return Accepted(UUID(answer["id"]), NotificationStatus(answer["status"]), replayed=True)
    except (KeyReused, AnswerLost) as fault:
        return fault
    except (LookupError, ValueError, TypeError, AttributeError):
        return AnswerLost()
