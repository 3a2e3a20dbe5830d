"""How many calls of a kind work at the same time, and how long the others wait."""

import asyncio

import pytest

from property_alert_notification.base.errors import TooManyAtOnce
from property_alert_notification.base.turns import LONGEST_WAIT, Turns
from tests.unit.jumping_loop import run

WAIT = LONGEST_WAIT.total_seconds()


async def _work(turns: Turns, seconds: float) -> float:
    """Work for a while; returns when it began."""
    async with turns:
        began = asyncio.get_running_loop().time()
        await asyncio.sleep(seconds)
    return began


async def _began(*seconds: float, at_once: int = 2) -> list[float | BaseException]:
    turns = Turns(at_once)
    return await asyncio.gather(*(_work(turns, each) for each in seconds), return_exceptions=True)


def test_a_call_waits_until_another_one_has_ended() -> None:
    assert run(_began(WAIT / 2, WAIT / 4, 1, 1)) == [0, 0, WAIT / 4, WAIT / 2]


def test_a_call_whose_turn_does_not_come_in_time_is_refused() -> None:
    *began, refused = run(_began(WAIT * 3, WAIT * 2, 1))

    assert began == [0, 0]
    assert isinstance(refused, TooManyAtOnce)
    assert (refused.status, refused.headers) == (503, {"Retry-After": "1"})


async def _others_go() -> float:
    turns = Turns(1)
    works, waits = asyncio.create_task(_work(turns, WAIT / 2)), asyncio.create_task(_work(turns, 1))
    await asyncio.sleep(WAIT / 4)
    waits.cancel()
    works.cancel()
    await asyncio.gather(works, waits, return_exceptions=True)
    with pytest.raises(ZeroDivisionError):
        async with turns:
            raise ZeroDivisionError
    return await _work(turns, 1)


def test_the_turns_of_calls_that_are_cancelled_or_fail_are_free() -> None:
    assert run(_others_go()) == WAIT / 4
