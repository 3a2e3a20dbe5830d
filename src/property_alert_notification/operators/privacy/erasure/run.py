"""One run of an erasure: transaction after transaction, until nothing of the user is left."""

import json
from collections import Counter
from datetime import timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from property_alert_notification.api.access import queries as access
from property_alert_notification.base.clock import Clock
from property_alert_notification.database import Database
from property_alert_notification.operators.privacy.addresses import Address, read_json
from property_alert_notification.operators.privacy.erasure import queries
from property_alert_notification.operators.privacy.erasure.parts import Work, erase_last, erase_page, erase_rows
from property_alert_notification.operators.privacy.queries import AT_ONCE
from property_alert_notification.people.erasures import queries as erasures
from property_alert_notification.people.erasures.models import Erasure
from property_alert_notification.people.suppressions.subjects import Subjects

_LONGEST_ACCEPT = timedelta(seconds=5)
"""How long transactions are waited for that began before consent was withdrawn, and may accept a notification yet. A
backup may take longer."""


class Step(StrEnum):
    """What a transaction has found."""

    ERASED = "erased"
    """Some rows; there may be more."""
    BLOCKED = "blocked"
    """Only rows that a worker or another transaction has at this moment."""
    FINISHED = "finished"
    """Nothing is left."""


class ErasureRun:
    """Erases one user. A second run of the same erasure does no harm: each leaves out what the other has locked."""

    def __init__(self, database: Database, clock: Clock, subjects: Subjects, user_id: int) -> None:
        self._database = database
        self._clock = clock
        self._subjects = subjects
        self._user_id = user_id
        self._rows_are_left = True
        self._walked_to: UUID | None = None
        self._left_out = 0
        self._began_at = clock.now()
        self._done: set[Address] = set()

    async def step(self) -> Step:
        """Erase in one transaction what it may; the rows that were found by the user's id come first."""
        async with self._database.transaction() as connection:
            erasure = await erasures.find(connection, self._subjects.of_user(self._user_id), lock=True)
            if erasure is None or erasure.due_at is None:
                return Step.FINISHED
            work = Work(
                connection, erasure, self._user_id, self._subjects, self._clock.new_id, self._clock.now(), self._done
            )
            if self._rows_are_left:
                counted = await erase_rows(work)
                self._rows_are_left = AT_ONCE in counted.values()
                step = Step.ERASED
            else:
                step, counted = await self._walk(work)
            await erasures.put(connection, _counted(work, counted, step))
        return step

    async def _walk(self, work: Work) -> tuple[Step, Counter[str]]:
        """Erase the next notifications; after the last ones look again for those that were left out."""
        locked, counted = await erase_page(work, self._walked_to)
        self._left_out += len(locked.asked) - len(locked.notifications)
        if locked.asked:
            self._walked_to = locked.asked[-1]
            return Step.ERASED, counted
        left_out, self._walked_to, self._left_out = self._left_out, None, 0
        if left_out or await queries.has_notifications(work.connection, self._user_id):
            return Step.BLOCKED, counted
        is_young = work.now - self._began_at < _LONGEST_ACCEPT
        if is_young and await queries.is_older_open(work.connection, self._began_at):
            return Step.BLOCKED, counted
        counted += await erase_rows(work)
        if AT_ONCE in counted.values():
            self._rows_are_left = True
            return Step.ERASED, counted
        counted += await erase_last(work)
        await self._record(work.connection, work.erasure, counted)
        return Step.FINISHED, counted

    async def _record(self, connection: AsyncConnection, erasure: Erasure, counted: Counter[str]) -> None:
        rows = sum(_sum(erasure, counted).values())
        await access.record(
            connection,
            self._clock,
            actor=erasure.requested_by,
            action="erasure.finished",
            subject=erasure.subject,
            rows=rows,
        )


def _sum(erasure: Erasure, counted: Counter[str]) -> dict[str, int]:
    return dict(Counter(read_json(erasure.counted, {})) + counted)


def _counted(work: Work, counted: Counter[str], step: Step) -> Erasure:
    """The row of the erasure after a transaction; when all is done it no longer has the user's id."""
    changed: dict[str, Any] = {"counted": json.dumps(_sum(work.erasure, counted))}
    if step is Step.FINISHED:
        changed |= {"user_id": None, "due_at": None, "finished_at": work.now}
    return work.erasure.model_copy(update=changed)
