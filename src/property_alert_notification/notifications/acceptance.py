"""Accepts notifications of callers: stores each with its deliveries, once for every idempotency key.

Concurrent calls are committed together with two statements: one reads the preferences of the users, one inserts
idempotency keys, notifications and deliveries. Ids are generated here, so that an idempotency key is stored together
with its answer. Only if an earlier call has used one of the keys are more statements needed.
"""

import json
from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta
from typing import NamedTuple
from uuid import UUID

from property_alert_notification.api.idempotency import scripts as idempotency_scripts
from property_alert_notification.api.idempotency.keys import CallKey
from property_alert_notification.api.idempotency.merging import KeyedCalls
from property_alert_notification.api.idempotency.once import is_another_call
from property_alert_notification.api.idempotency.stored import Answer
from property_alert_notification.base.clock import Clock
from property_alert_notification.base.errors import (
    AnswerLost,
    CallInProgress,
    Overloaded,
    RequestError,
    StoreLocked,
)
from property_alert_notification.base.metrics import Metrics
from property_alert_notification.base.vocabulary import NotificationStatus
from property_alert_notification.database import Database, GroupCommit, Script, Statement
from property_alert_notification.notifications.backlog import Backlog
from property_alert_notification.notifications.create import Planner, additions
from property_alert_notification.notifications.draft import Accepted, Draft
from property_alert_notification.notifications.submission import Submission


class Call(NamedTuple):
    """A notification that one call submits."""

    submission: Submission | RequestError
    """The submission, or the error that refuses it unless an earlier call with its key was accepted."""
    key: CallKey | None = None
    """The idempotency key of the call."""
    room: int = 0
    """The maximum number of deliveries that it adds to the backlog."""


class Acceptance:
    """Accepts notifications of callers while the backlog has room."""

    def __init__(
        self,
        database: Database,
        planner: Planner,
        metrics: Metrics,
        backlog: Backlog,
        *,
        keep_keys_for: timedelta,
        timeout: float,
        wake: Callable[[], None],
    ) -> None:
        """`timeout` is in seconds; `wake` is called after a delivery became due."""
        self._database = database
        self._planner = planner
        self._clock: Clock = planner.clock
        self._metrics = metrics
        self._backlog = backlog
        self._keep_keys_for = keep_keys_for
        self._timeout = timeout
        self._wake = wake
        self._commits: GroupCommit[Call, Accepted] = GroupCommit(self._commit, at_once=1 if database.is_sqlite else 2)

    async def accept(self, submission: Submission | RequestError, key: CallKey | None = None) -> Accepted:
        """Store a notification and one delivery per channel; returns after they are on disk.

        Raises:
            RequestError: the submission is refused, or is itself this error.
            KeyReused: its idempotency key belongs to another call.
            CallInProgress: another process is executing the same call, and has not finished in time.
            Overloaded: the backlog is full.
            StoreUnavailable: nothing was accepted.
        """
        call = self._call(submission, key)
        if key is None and isinstance(call.submission, RequestError):
            raise call.submission
        self._backlog.begin(call.room)
        accepted = None
        try:
            with self._metrics.stage("accept"):
                accepted = await self._commits.submit(call, timeout=self._timeout)
        except StoreLocked as fault:
            if not is_another_call(fault):
                raise
            raise CallInProgress from None
        finally:
            self._backlog.end(call.room, accepted.waiting if accepted else 0)
        self._count([accepted])
        return accepted

    async def accept_all(
        self,
        submitted: Sequence[tuple[Submission | RequestError, CallKey | None] | Exception],
        key: CallKey | None,
        render: Callable[[list[Accepted | Exception]], str],
    ) -> tuple[str, bool]:
        """Store many in one transaction; a refused notification has its error as its answer.

        Returns:
            The answers, encoded by `render`, and whether they are those of an earlier call with the same key.

        Raises:
            KeyReused: the key of the whole call belongs to another call.
            CallInProgress: another process is executing the same call, and has not finished in time.
            Overloaded: the backlog is full.
            StoreUnavailable: nothing was accepted.
        """
        calls = [one if isinstance(one, Exception) else self._call(*one) for one in submitted]
        usable = [call for call in calls if isinstance(call, Call)]
        if key is None and (overload := _overload(call.submission for call in usable if call.key is None)):
            raise overload
        database = self._database.within(self._timeout)
        room = sum(call.room for call in usable)
        self._backlog.begin(room)
        accepted: list[Accepted] = []
        try:
            with self._metrics.stage("accept"):
                answer, replayed, accepted = await database.run(self._store_once(calls, key, render))
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

    def _call(self, submission: Submission | RequestError, key: CallKey | None) -> Call:
        if isinstance(submission, RequestError) or submission.urgent:
            return Call(submission, key)
        now = self._clock.now()
        if (refusal := self._backlog.why_not(submission.not_before, now=now)) is not None:
            return Call(refusal, key)
        not_before = submission.not_before
        is_later = not_before is not None and not_before > now
        return Call(submission, key, 0 if is_later else len(submission.addresses) + len(submission.look_up))

    async def _commit(self, calls: Sequence[Call]) -> list[Accepted | Exception]:
        return await self._database.run(self._store(calls, alone=True))

    def _store_once(
        self,
        calls: Sequence[Call | Exception],
        key: CallKey | None,
        render: Callable[[list[Accepted | Exception]], str],
    ) -> Script[tuple[str, bool, list[Accepted]]]:
        """Store all notifications of one call together with the answer to the call."""
        now = self._clock.now()
        if key is not None:
            known = yield from idempotency_scripts.begin(key, now=now, until=now + self._keep_keys_for)
            if known is not None:
                return known.text, True, []
        usable = [call for call in calls if isinstance(call, Call)]
        answers = iter((yield from self._store(usable, alone=key is None, one_call=True)))
        results = [call if isinstance(call, Exception) else next(answers) for call in calls]
        text = render(results)
        if key is not None:
            yield from idempotency_scripts.complete(key, Answer(200, text))
        return text, False, [result for result in results if isinstance(result, Accepted)]

    def _store(
        self, calls: Sequence[Call], *, alone: bool, one_call: bool = False
    ) -> Script[list[Accepted | Exception]]:
        """If it is `alone` in its transaction, it first tries the statement for keys that no call has used.

        Raises:
            Overloaded: these are of `one_call`, and the backlog has no room for one of them.
        """
        now = self._clock.now()
        drafts = yield from self._planner.drafts([call.submission for call in calls])
        keyed = KeyedCalls([call.key for call in calls], lambda place: _written(drafts[place]))
        yield from idempotency_scripts.repeat_refused(keyed, now=now)
        if one_call and (overload := _overload(_answers(drafts, keyed))) is not None:
            raise overload

        def add_drafts() -> list[Statement]:
            return additions(
                one for place, one in enumerate(drafts) if isinstance(one, Draft) and place not in keyed.repeated
            )

        until = now + self._keep_keys_for
        yield from idempotency_scripts.add_once(keyed, add_drafts, now=now, until=until, alone=alone)
        return _answers(drafts, keyed)


def _answers(drafts: Sequence[Draft | RequestError], keyed: KeyedCalls) -> list[Accepted | Exception]:
    answers: list[Accepted | Exception] = [one.accepted if isinstance(one, Draft) else one for one in drafts]
    for place, answer in keyed.repeated.items():
        answers[place] = _read(answer) if isinstance(answer, Answer) else answer
    return answers


def _overload(answers: Iterable[object]) -> Overloaded | None:
    """Refuse a whole batch if the backlog has no room for one of its notifications."""
    return next((answer for answer in answers if isinstance(answer, Overloaded)), None)


def _written(draft: Draft | RequestError) -> str | None:
    if not isinstance(draft, Draft):
        return None
    return f'{{"id":"{draft.accepted.id}","status":"{draft.accepted.status}"}}'


def _read(answer: Answer) -> Accepted | AnswerLost:
    try:
        known = json.loads(answer.text)
        return Accepted(UUID(known["id"]), NotificationStatus(known["status"]), replayed=True)
    except (LookupError, ValueError, TypeError, AttributeError):
        return AnswerLost()
