"""Many calls with one key at the same moment, on two API processes: one notification for each key."""

import asyncio
from random import Random
from typing import Any

import pytest

from chaos import store_reader
from chaos.call_log import CallLog
from chaos.caller import Answer, Caller, notification
from chaos.cluster import Cluster, create_key, open_cluster
from chaos.plan import Plan, StoreName

RACERS = 20
KEYS = 10
TAG = "race"


@pytest.mark.parametrize("store", StoreName)
def test_racing_calls_get_one_answer_for_each_key(store: StoreName) -> None:
    """All that can be asked of two processes on one store, which take a while to start."""
    with open_cluster(Plan(store=store, workers=0)) as cluster:
        another = create_key("another", folder=cluster.folder, settings=cluster.settings)
        asyncio.run(_ask(cluster, another))


async def _ask(cluster: Cluster, another: str) -> None:
    async with _caller(cluster, cluster.api_key) as caller, _caller(cluster, another) as other:
        same = [await _race(caller, f"same-{number}", _body(number)) for number in range(KEYS)]
        _all_but_one_say_that_they_are_repetitions(same)
        assert await _stored(cluster) == _ids(same)

        two = [await _race(caller, f"two-{number}", _body(number), _body(number + 1)) for number in range(KEYS)]
        _one_body_is_accepted_and_the_other_is_422(two)
        assert await _stored(cluster) == _ids([*same, *two])

        late = await asyncio.gather(*(caller.ask("same-0", _body(99), first=process) for process in range(2)))
        assert [answer.status for answer in late] == [422, 422]

        theirs = await _race(other, "same-0", _body(0))
        _all_but_one_say_that_they_are_repetitions([theirs])
        assert _ids([theirs]).isdisjoint(_ids(same))


def _all_but_one_say_that_they_are_repetitions(races: list[list[Answer]]) -> None:
    assert {answer.status for answers in races for answer in answers} == {200}
    assert [len(_ids([answers])) for answers in races] == [1] * len(races)
    assert [sum(answer.replayed for answer in answers) for answers in races] == [RACERS - 1] * len(races)


def _one_body_is_accepted_and_the_other_is_422(races: list[list[Answer]]) -> None:
    half = RACERS // 2
    assert [sorted(answer.status for answer in answers) for answers in races] == [[200] * half + [422] * half] * KEYS
    assert [len(_ids([answers])) for answers in races] == [1] * KEYS


async def _race(caller: Caller, key: str, *bodies: dict[str, Any]) -> list[Answer]:
    """Twenty calls at once, half of them on each process; the bodies take turns among those of each process."""
    calls = [(racer % 2, bodies[racer // 2 % len(bodies)]) for racer in range(RACERS)]
    return await asyncio.gather(*(caller.ask(key, body, first=process) for process, body in calls))


def _caller(cluster: Cluster, api_key: str) -> Caller:
    return Caller(cluster.urls, api_key, CallLog(), Random(0), connections=2 * RACERS)


def _body(number: int) -> dict[str, Any]:
    return notification(number, TAG)


def _ids(races: list[list[Answer]]) -> set[str | None]:
    return {answer.id for answers in races for answer in answers if answer.id is not None}


async def _stored(cluster: Cluster) -> set[str]:
    return {one.submitted for one in await store_reader.read_deliveries(cluster.database_url, TAG)}
