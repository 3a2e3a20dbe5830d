"""Begins, continues and describes the erasure of a user, for the API, the command line and the workers."""

import asyncio
import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from property_alert_notification.api.access import queries as access
from property_alert_notification.base.clock import Clock
from property_alert_notification.base.errors import StoreUnavailable
from property_alert_notification.database import Database
from property_alert_notification.database.sqlite_log import empty_log
from property_alert_notification.operators.privacy.addresses import read_json
from property_alert_notification.operators.privacy.erasure import queries
from property_alert_notification.operators.privacy.erasure.parts import CONSENT
from property_alert_notification.operators.privacy.erasure.run import ErasureRun, Step
from property_alert_notification.people.erasures import queries as erasures
from property_alert_notification.people.erasures.models import Erasure
from property_alert_notification.people.preferences import queries as preferences
from property_alert_notification.people.preferences.models import Preference
from property_alert_notification.people.suppressions.subjects import Subjects

log = structlog.get_logger()

LEASE = timedelta(seconds=30)
"""How long other processes leave an erasure to the one that works on it."""
LOOK_AGAIN = timedelta(seconds=1)
"""When a worker continues an erasure that waits for calls in progress."""
_ATTEMPTS = 5
_PAUSE = 0.05
"""Seconds between two looks for deliveries that a worker had in progress."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an erasure is."""

    erasure: Erasure
    in_progress: int = 0
    """How many deliveries a worker is sending; they are waited for."""

    @property
    def is_finished(self) -> bool:
        """Whether nothing is left to do."""
        return self.erasure.finished_at is not None

    @property
    def counted(self) -> Mapping[str, int]:
        """How many rows of each table were erased."""
        return {name: count for name, count in read_json(self.erasure.counted, {}).items() if count}


class Eraser:
    """Erases users in one store."""

    def __init__(self, database: Database, clock: Clock, subjects: Subjects) -> None:
        self._database = database
        self._clock = clock
        self._subjects = subjects

    async def begin(self, user_id: int, actor: str) -> None:
        """Store that a user is to be erased, and withdraw their consent: nothing is claimed for them any more.

        An erasure that is in progress goes on. One that has finished begins again.
        """
        subjects, now = self._subjects.of_user(user_id), self._clock.now()
        async with self._database.transaction() as connection:
            known = await erasures.find(connection, subjects, lock=True)
            if known is not None and known.due_at is not None:
                return
            counted = await self._withdraw(connection, user_id, now)
            erasure = Erasure(
                subject=subjects[0],
                about="user",
                user_id=user_id,
                requested_by=actor,
                requested_at=now,
                due_at=now + LEASE,
                counted=json.dumps(counted),
            )
            await erasures.put(connection, erasure)
            await access.record(
                connection, self._clock, actor=actor, action="erasure.requested", subject=erasure.subject
            )

    async def _withdraw(self, connection: AsyncConnection, user_id: int, now: datetime) -> dict[str, int]:
        """Withdraw consent also for users without preferences: default ones must not apply from now on."""
        counted = {name: await queries.number_of(connection, name, user_id) for name in CONSENT}
        for test in (False, True):
            row = Preference(user_id=user_id, channels="", updated_at=now)
            await preferences.put(connection, row, test=test)
            await preferences.withdraw(connection, user_id, withdrawn_at=now, test=test)
        return counted

    async def go_on(self, user_id: int, *, within: float) -> Progress:
        """Erase until nothing is left, or until these seconds are over: then a worker goes on.

        A call that a worker has in progress is waited for. When `within` is longer than a worker sends without looking
        again at what it claimed, no call begins after this has returned.
        """
        until = self._clock.monotonic() + within
        run = ErasureRun(self._database, self._clock, self._subjects, user_id)
        while True:
            began = self._clock.monotonic()
            if (step := await run.step()) is Step.FINISHED:
                break
            ended = self._clock.monotonic()
            if ended >= until:
                await self._leave(user_id, step)
                break
            # Others have the store for half of the time.
            await asyncio.sleep(_PAUSE if step is Step.BLOCKED else ended - began)
        progress = await self._progress(user_id)
        if progress.is_finished:
            await self._empty_log()
        return progress

    async def _empty_log(self) -> None:
        """Try a few times; if readers or a slow disk are in the way, the log is overwritten within minutes anyway.

        All rows are erased by now, so the erasure is answered as finished also if the log takes longer than a call may.
        """
        with suppress(StoreUnavailable):
            for _ in range(_ATTEMPTS):
                if await empty_log(self._database):
                    return
                await asyncio.sleep(_PAUSE)
        log.info("erasure.log_kept")

    async def _leave(self, user_id: int, step: Step) -> None:
        due_at = self._clock.now() + (LOOK_AGAIN if step is Step.BLOCKED else timedelta())
        async with self._database.transaction() as connection:
            await erasures.postpone(connection, self._subjects.of_user(user_id), due_at=due_at)

    async def _progress(self, user_id: int) -> Progress:
        async with self._database.reading() as connection:
            erasure = await erasures.find(connection, self._subjects.of_user(user_id))
            if erasure is None:  # an old one that retention has deleted
                raise LookupError
            in_progress = 0 if erasure.due_at is None else await queries.open_calls(connection, user_id)
        return Progress(erasure, in_progress)

    async def take_due(self) -> int | None:
        """A user whose erasure is to be continued, and is left to this process for a while; None if there is none."""
        now = self._clock.now()
        async with self._database.transaction() as connection:
            return await erasures.take_due(connection, now=now, until=now + LEASE)
