"""The item that breaks a batch is found by halving and skipped; what is no item's fault skips none."""

import sqlite3
from collections.abc import Sequence

import asyncpg
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.exc import OperationalError

from property_alert_notification.base.errors import NotFound, StoreLocked, StoreUnavailable, UnreadableRow
from property_alert_notification.database import halve_on_error, is_row_fault, process_due


class Batch:
    """Work that breaks where it meets a bad item."""

    def __init__(self, bad: set[int], error: Exception | None = None) -> None:
        self.done: list[int] = []
        self.skipped: list[int] = []
        self.asked: list[int] = []
        self._bad = bad
        self._error = error or ValueError()

    async def work(self, items: Sequence[int]) -> int:
        self.asked.append(len(items))
        if self._bad & set(items):
            raise self._error
        self.done += items
        return len(items)

    async def skip(self, item: int, _error: Exception) -> None:
        self.skipped.append(item)


async def test_a_batch_without_a_bad_item_is_worked_on_once() -> None:
    batch = Batch(set())

    assert await halve_on_error(range(100), batch.work, batch.skip) == [100]
    assert (batch.asked, batch.skipped) == ([100], [])


@given(st.integers(0, 70), st.sets(st.integers(0, 70)))
async def test_exactly_the_bad_ones_are_skipped_and_all_others_done_once(count: int, bad: set[int]) -> None:
    batch = Batch(bad)

    await halve_on_error(range(count), batch.work, batch.skip)

    assert batch.skipped == sorted(bad & set(range(count)))
    assert batch.done == sorted(set(range(count)) - bad)


async def test_one_bad_among_many_costs_few_tries() -> None:
    batch = Batch({77})

    await halve_on_error(range(500), batch.work, batch.skip)

    assert len(batch.asked) <= 2 + 2 * 9


async def test_what_is_due_is_read_only_if_a_row_breaks_the_batch() -> None:
    due, read = [*range(8)], 0

    async def due_ids() -> list[int]:
        nonlocal read
        read += 1
        return due

    for bad in (set[int](), {3}):
        batch = Batch(bad)

        async def process(only: Sequence[int] | None, batch: Batch = batch) -> int:
            return await batch.work(due if only is None else only)

        processed = await process_due(due_ids, process, batch.skip)

        assert (sum(processed), batch.skipped, read) == (8 - len(bad), sorted(bad), len(bad))


@pytest.mark.parametrize("fault", [StoreUnavailable(), StoreLocked(), MemoryError(), NotFound("x")])
async def test_a_fault_of_no_item_skips_none(fault: Exception) -> None:
    batch = Batch({3}, fault)

    with pytest.raises(type(fault)):
        await halve_on_error(range(8), batch.work, batch.skip)

    assert (batch.skipped, batch.asked) == ([], [8])


async def test_what_fails_without_any_item_skips_none() -> None:
    skipped: list[int] = []

    async def work(_items: Sequence[int]) -> None:
        raise ValueError("for nothing")

    async def skip(item: int, _error: Exception) -> None:
        skipped.append(item)

    with pytest.raises(ValueError, match="for nothing"):
        await halve_on_error(range(8), work, skip)

    assert skipped == []


@pytest.mark.parametrize(
    ("error", "is_one"),
    [
        (ValueError("not a time"), True),
        (KeyError("missing"), True),
        (TypeError(), True),
        (OverflowError(), True),
        (UnreadableRow("fence is not int"), True),
        (asyncpg.NumericValueOutOfRangeError("integer out of range"), True),
        (asyncpg.CharacterNotInRepertoireError("invalid byte sequence"), True),
        (asyncpg.ForeignKeyViolationError("no such row"), True),
        (asyncpg.ProgramLimitExceededError("index row too large"), True),
        (sqlite3.OperationalError("Could not decode to UTF-8 column 'title' with text 'x'"), True),
        (sqlite3.OperationalError("integer overflow"), True),
        (sqlite3.IntegrityError("UNIQUE constraint failed"), True),
        (OperationalError("SELECT 1", None, sqlite3.OperationalError("Could not decode to UTF-8 column")), True),
        (asyncpg.UndefinedColumnError("no column"), False),
        (asyncpg.InsufficientPrivilegeError("permission denied"), False),
        (asyncpg.DeadlockDetectedError("deadlock"), False),
        (asyncpg.LockNotAvailableError("lock timeout"), False),
        (asyncpg.DiskFullError("full"), False),
        (asyncpg.AdminShutdownError("shutting down"), False),
        (asyncpg.ConnectionDoesNotExistError("closed"), False),
        (ConnectionResetError(), False),
        (TimeoutError(), False),
        (sqlite3.OperationalError("no such column: pressing"), False),
        (OperationalError("SELECT 1", None, sqlite3.OperationalError("no such table: deliveries")), False),
        (KeyboardInterrupt(), False),
    ],
)
def test_a_row_is_blamed_only_for_what_a_row_can_do(error: BaseException, *, is_one: bool) -> None:
    assert is_row_fault(error) is is_one
