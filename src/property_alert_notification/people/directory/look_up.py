"""Looks up many users at the User service: one request at a time for each user, within its limits, behind a breaker.

`ask` starts requests, which run in the background; `take_answers` returns their results. No caller waits for a request.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from contextvars import Context
from datetime import datetime, timedelta
from typing import Any, TypeVar

import structlog

from property_alert_notification.base import breaker
from property_alert_notification.base.breaker import IN_DOUBT, Breaker, Signal
from property_alert_notification.base.clock import Clock
from property_alert_notification.base.errors import ProviderDown, Refused, RetryLater, SendError, Throttled
from property_alert_notification.base.logs import origin
from property_alert_notification.base.metrics import Metrics
from property_alert_notification.base.vocabulary import BreakerState
from property_alert_notification.people.directory.client import UserService
from property_alert_notification.people.directory.profile import Entry

log = structlog.get_logger()

MOST_AHEAD = 2_000
"""How many users may be in open requests, including requests that wait for a connection."""

AHEAD = 2.0
"""How many seconds of requests, at the rate of the last second, may wait for a connection."""

PART = ("directory", "user_service")
"""The channel and provider names under which the breaker is listed among those of providers."""

Said = TypeVar("Said")

Answer = Entry | SendError
"""The result of one lookup: an entry, or the reason of the failure."""


class ProfileLookUp:
    """The lookups of one worker."""

    def __init__(self, service: UserService, clock: Clock, metrics: Metrics, *, connections: int) -> None:
        """`connections` is how many requests run at a time."""
        self._service = service
        self._clock = clock
        self._metrics = metrics
        self._connections = connections
        self._slots = asyncio.Semaphore(connections)
        self._asked: set[int] = set()
        self._answers: deque[tuple[int, Answer]] = deque()
        self._answered: set[int] = set()
        """Those whose answers were not taken yet."""
        self._answered_at: deque[float] = deque()
        self._tasks: set[asyncio.Task[None]] = set()
        self.breaker = Breaker()
        metrics.breaker.labels(*PART).state(self.breaker.state)
        metrics.breaker_openings.labels(*PART)
        self.reason: str | None = None
        """The reason why the breaker is not closed."""
        self.was_away = False
        """Whether the breaker has been open before."""
        self.changed_at: datetime = clock.now()
        self.when_changed: list[Callable[[], None]] = []
        """Called after the state of the breaker changed."""
        self.when_answered: Callable[[], None] = lambda: None

    @property
    def opens_at(self) -> datetime | None:
        """When the breaker lets the next request through; None if the breaker is closed."""
        if self.breaker.state is not BreakerState.OPEN:
            return None
        return self._clock.now() + timedelta(seconds=self.breaker.until - self._clock.monotonic())

    @property
    def is_away(self) -> bool:
        """Whether the breaker is open because requests failed repeatedly."""
        return self.breaker.state is not BreakerState.CLOSED

    def is_asked(self, user_id: int) -> bool:
        """Whether a request for the user is open, or its result was not taken yet: another is not needed."""
        return user_id in self._asked or user_id in self._answered

    def room(self) -> int:
        """About how many more users may be looked up now."""
        now = self._clock.monotonic()
        if breaker.may_probe(self.breaker, now=now):
            return 1
        if self.is_away:
            return 0
        if self.breaker.doubtful:
            return max(0, IN_DOUBT - len(self._asked))
        while self._answered_at and self._answered_at[0] <= now - 1.0:
            self._answered_at.popleft()
        ahead = self._connections * self._service.users_at_once + int(AHEAD * len(self._answered_at))
        return max(0, min(ahead, MOST_AHEAD) - len(self._asked))

    def ask(self, users: Mapping[int, Entry | None]) -> None:
        """Start to look up users; `held` has their entries in the directory. Users with an open request are skipped."""
        new = [user_id for user_id in users if not self.is_asked(user_id)]
        if not new:
            return
        self._asked.update(new)
        probe = self.is_away
        if probe:
            self._set(breaker.begin_probe(self.breaker, now=self._clock.monotonic()), self.reason)
        at_once = 1 if probe or self.breaker.doubtful else self._service.users_at_once
        for some in _chunks(new, at_once):
            self._begin(self._ask_some({one: users[one] for one in some}, probe=probe))

    def take_answers(self, limit: int) -> dict[int, Answer]:
        """Some of the results that arrived, by user; each result is returned once."""
        taken = dict(self._answers.popleft() for _ in range(min(limit, len(self._answers))))
        self._answered.difference_update(taken)
        return taken

    async def close(self) -> None:
        """Cancel all requests."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._service.close()

    def _begin(self, question: Coroutine[Any, Any, None]) -> None:
        # A fresh context, so that log lines of the request do not carry the ids of the delivery that started it.
        task = asyncio.create_task(question, context=Context())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _ask_some(self, users: Mapping[int, Entry | None], *, probe: bool) -> None:
        alone = set(users)
        if len(users) > 1:
            found = await self._call(self._service.ask_many(users), probe=probe)
            if isinstance(found, SendError) and not _may_be_about_one(found):
                self._answer(dict.fromkeys(users, found))
                return
            if not isinstance(found, SendError):
                self._answer(found)
                alone -= found.keys()
        await asyncio.gather(*(self._ask_one(user_id, users[user_id], probe=probe) for user_id in alone))

    async def _ask_one(self, user_id: int, held: Entry | None, *, probe: bool) -> None:
        self._answer({user_id: await self._call(self._service.ask(user_id, held), probe=probe)})

    async def _call(self, question: Coroutine[Any, Any, Said], *, probe: bool) -> Said | SendError:
        """Send one request when a connection is free; returns its result or its error."""
        async with self._slots:
            if self.is_away and not probe:
                question.close()
                return ProviderDown(self.reason or "its breaker is open after failures")
            began_at = self._clock.monotonic()
            try:
                said: Said | SendError = await question
            except SendError as error:
                said = error
            except Exception as error:
                log.error("user_service.question_broke", **origin(error))  # noqa: TRY400 - its text may hold personal data
                said = RetryLater(f"the request broke ({type(error).__name__})")
        self._learn(said if isinstance(said, SendError) else None, began_at, probe=probe)
        return said

    def _answer(self, answers: Mapping[int, Answer]) -> None:
        now = self._clock.monotonic()
        for user_id, answer in answers.items():
            self._asked.discard(user_id)
            self._answered.add(user_id)
            self._answers.append((user_id, answer))
            self._answered_at.append(now)
            self._metrics.profile_answers.labels(_outcome(answer)).inc()
        self.when_answered()

    def _learn(self, error: SendError | None, began_at: float, *, probe: bool) -> None:
        now = self._clock.monotonic()
        pause = error.retry_after.total_seconds() if isinstance(error, ProviderDown) and error.retry_after else None
        heard = breaker.record(
            self.breaker,
            _signal(error),
            probe=probe,
            now=now,
            jitter=self._clock.jitter(),
            took=now - began_at,
            pause=pause,
        )
        self._set(heard, None if error is None else error.reason)

    def _set(self, new: Breaker, reason: str | None) -> None:
        old, self.breaker = self.breaker, new
        if new.state is old.state:
            return
        self.reason = reason if self.is_away else None
        self.was_away = True
        self.changed_at = self._clock.now()
        self._metrics.breaker.labels(*PART).state(new.state)
        if new.state is BreakerState.OPEN:
            self._metrics.breaker_openings.labels(*PART).inc()
        log.warning("breaker.changed", channel=PART[0], provider=PART[1], state=new.state, reason=self.reason)
        for tell in self.when_changed:
            tell()


def _may_be_about_one(error: SendError) -> bool:
    """Whether one of several users may be why they got no answer, so that each is asked for alone."""
    return isinstance(error, RetryLater | Refused) and not isinstance(error, ProviderDown)


def _chunks(users: Sequence[int], size: int) -> Iterable[Sequence[int]]:
    return (users[start : start + size] for start in range(0, len(users), size))


def _signal(error: SendError | None) -> Signal:
    match error:
        case None:
            return Signal.WELL
        case Throttled():
            return Signal.THROTTLED
        case ProviderDown():
            return Signal.DOWN
        case _:
            return Signal.FAILED


def _outcome(answer: Answer) -> str:
    if isinstance(answer, SendError):
        return "failed"
    return "found" if answer.profile is not None else "no_such_user"
