"""Many calls with one key at the same moment, on two API processes: one notification for each key."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from random import Random
from typing import Any
from uuid import uuid4

import pytest

from chaos import ledger
from chaos.caller import Answer, Caller, notification
from chaos.experiments import races
from chaos.journal import Journal
from chaos.outcome import Effort
from chaos.stage import Stage, StoreName, open_stage

RACERS = 20


@pytest.fixture(scope="module", params=list(StoreName))
def stage(request: pytest.FixtureRequest) -> Iterator[Stage]:
    """Two API processes on each store."""
    with open_stage(request.param, workers=0) as stage:
        yield stage


def a_caller(stage: Stage) -> Caller:
    """A service with an API key of its own."""
    api_key = stage.create_key(f"caller-{uuid4()}")
    return Caller(stage.urls, api_key, Journal(), Random(0), connections=5 * RACERS)


@pytest.fixture
async def caller(stage: Stage) -> AsyncIterator[Caller]:
    """A service that nobody else is."""
    async with a_caller(stage) as caller:
        yield caller


async def race(caller: Caller, key: str, *bodies: dict[str, Any]) -> list[Answer]:
    """Twenty calls at once, half of them on each process; the bodies take turns among those of each process."""
    calls = [(racer % 2, bodies[racer // 2 % len(bodies)]) for racer in range(RACERS)]
    return await asyncio.gather(*(caller.ask(key, body, first=process) for process, body in calls))


@pytest.mark.parametrize("store", StoreName)
def test_racing_calls_make_one_notification_for_each_key_also_when_processes_are_killed(store: StoreName) -> None:
    outcome = races.run(store, Effort(keys=100, kills=2), seed=3, say=lambda _line: None)

    assert (outcome.accepted, outcome.notifications, outcome.lost, outcome.duplicates) == (100, 100, 0, 0)
    assert outcome.calls >= 100 * RACERS
    assert outcome.api_kills > 0
    assert outcome.wrong == {}


async def test_racing_calls_get_one_answer_and_all_but_one_say_that_it_is_a_repetition(
    stage: Stage, caller: Caller
) -> None:
    before = set(await ledger.stored_ids(stage.database_url))

    answers = await asyncio.gather(*(race(caller, f"key-{number}", notification(number)) for number in range(25)))

    new = set(await ledger.stored_ids(stage.database_url)) - before
    assert [len({answer.id for answer in one}) for one in answers] == [1] * 25
    assert {answer.id for one in answers for answer in one} == new
    assert {answer.status for one in answers for answer in one} == {200}
    assert [sum(answer.replayed for answer in one) for one in answers] == [RACERS - 1] * 25


async def test_of_two_bodies_that_race_for_one_key_one_is_accepted_and_the_other_is_422(
    stage: Stage, caller: Caller
) -> None:
    before = set(await ledger.stored_ids(stage.database_url))

    racing = [race(caller, f"key-{number}", notification(number), notification(number + 1)) for number in range(10)]
    answers = await asyncio.gather(*racing)

    new = set(await ledger.stored_ids(stage.database_url)) - before
    assert len(new) == 10
    assert [sorted(answer.status for answer in one) for one in answers] == [[200] * 10 + [422] * 10] * 10
    assert {answer.id for one in answers for answer in one if answer.id} == new


async def test_another_body_under_a_used_key_is_422_on_both_processes(caller: Caller) -> None:
    await caller.ask("key", notification(1), first=0)

    others = await asyncio.gather(*(caller.ask("key", notification(2), first=process) for process in range(2)))

    assert [answer.status for answer in others] == [422, 422]


async def test_each_caller_has_keys_of_their_own(stage: Stage, caller: Caller) -> None:
    mine = await caller.ask("key", notification(1), first=0)

    async with a_caller(stage) as another:
        theirs = await race(another, "key", notification(1))

    assert len({answer.id for answer in theirs}) == 1
    assert theirs[0].id != mine.id
    assert sum(answer.replayed for answer in theirs) == RACERS - 1
