"""What waits is bounded, several transactions may be on their way, and a locked row holds up only who wants it."""

import asyncio
from collections.abc import Sequence

import pytest

from property_alert_notification.base.errors import StoreLocked, StoreUnavailable
from property_alert_notification.database import GroupCommit


class Writer:
    """Writes when it is let go."""

    def __init__(self, *, expected: int = 1) -> None:
        self.under_way: list[list[int]] = []
        self.begun = asyncio.Barrier(expected + 1)
        self.let_go = asyncio.Event()

    async def write(self, items: Sequence[int]) -> list[int]:
        self.under_way.append(list(items))
        if not self.let_go.is_set():
            await self.begun.wait()
            await self.let_go.wait()
        return list(items)


async def test_more_than_may_wait_is_turned_away_at_once() -> None:
    writer = Writer()
    commits = GroupCommit[int, int](writer.write, largest=1, most_waiting=2)
    first = asyncio.create_task(commits.submit(0))
    await writer.begun.wait()
    others = [asyncio.create_task(commits.submit(n)) for n in (1, 2)]
    await asyncio.sleep(0)

    with pytest.raises(StoreUnavailable):
        await commits.submit(3)
    writer.let_go.set()

    assert await asyncio.gather(first, *others) == [0, 1, 2]


async def test_a_second_transaction_is_begun_beside_the_first_for_many() -> None:
    writer = Writer(expected=2)
    commits = GroupCommit[int, int](writer.write, at_once=2)
    first = asyncio.create_task(commits.submit(0))
    await asyncio.sleep(0)
    others = [asyncio.create_task(commits.submit(n)) for n in range(1, 30)]
    await writer.begun.wait()
    writer.let_go.set()

    assert [await first, *await asyncio.gather(*others)] == list(range(30))
    assert len(writer.under_way) == 2


async def test_a_locked_row_holds_up_only_who_wants_it() -> None:
    async def write(items: Sequence[int]) -> list[int]:
        if 3 in items:
            raise StoreLocked
        return list(items)

    commits = GroupCommit[int, int](write)

    answers = await asyncio.gather(*(commits.submit(n) for n in range(5)), return_exceptions=True)

    assert [type(answer) for answer in answers] == [int, int, int, StoreLocked, int]


async def test_an_unavailable_store_is_queried_once_for_all_callers() -> None:
    asked = []

    async def write(items: Sequence[int]) -> list[int]:
        asked.append(list(items))
        raise StoreUnavailable

    commits = GroupCommit[int, int](write)

    answers = await asyncio.gather(*(commits.submit(n) for n in range(5)), return_exceptions=True)

    assert {type(answer) for answer in answers} == {StoreUnavailable}
    assert asked == [[0, 1, 2, 3, 4]]


async def test_one_bad_item_is_found_by_halving() -> None:
    asked = []

    async def write(items: Sequence[int]) -> list[int]:
        asked.append(len(items))
        if 3 in items:
            raise ValueError
        return list(items)

    commits = GroupCommit[int, int](write)

    answers = await asyncio.gather(*(commits.submit(n) for n in range(64)), return_exceptions=True)

    assert [n for n, answer in enumerate(answers) if isinstance(answer, ValueError)] == [3]
    assert [answer for answer in answers if isinstance(answer, int)] == [n for n in range(64) if n != 3]
    assert len(asked) == 13


async def test_a_write_that_answers_for_too_few_leaves_no_caller_waiting() -> None:
    async def write(_items: Sequence[int]) -> list[int]:
        return []

    commits = GroupCommit[int, int](write)

    with pytest.raises(ValueError, match="shorter"):
        await asyncio.wait_for(commits.submit(1), 10)


async def test_a_write_that_is_cancelled_from_within_leaves_no_caller_waiting() -> None:
    async def write(_items: Sequence[int]) -> list[int]:
        raise asyncio.CancelledError

    commits = GroupCommit[int, int](write)

    for _ in range(2):
        with pytest.raises(StoreUnavailable):
            await asyncio.wait_for(commits.submit(1), 10)
