"""Workers are killed in the moment in which the digests of many users are made."""

import asyncio
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2

from chaos import store_reader
from chaos.experiment import Bound, Experiment
from chaos.plan import Load, Plan
from chaos.trial import Trial

ITEMS = 2
"""Notifications that each digest carries."""

CALLS_AT_ONCE = 16

BUSY = 0.5
"""Seconds after which a call is repeated that the service refused."""

LONGEST = timedelta(seconds=105)
"""In which all of them are accepted, also on a machine that is busy."""


def _share_users(body: dict[str, Any], number: int) -> None:
    """Of two notifications that follow each other the user is the same."""
    first = (body["user_id"] - 1) // ITEMS * ITEMS
    body |= {
        "user_id": first + 1,
        "user_email": f"buyer-{first}@example.com",
        "user_phone_number": f"+1415{2_000_000 + first}",
        "title": f"Home number {number}.",
    }


async def _want_digests(trial: Trial) -> None:
    """Every user of the trial wants a digest by every channel, at a minute that comes when all is accepted."""
    made_at = datetime.now(UTC) + LONGEST
    daily = {"email": "daily", "sms": "daily"}
    preferences = {
        "email_enabled": True,
        "sms_enabled": True,
        "time_zone": "UTC",
        "digest": {"at": made_at.strftime("%H:%M")},
        "categories": {"general": daily},
    }
    headers = {"Authorization": f"Bearer {trial.cluster.api_key}"}
    slots = asyncio.Semaphore(CALLS_AT_ONCE)
    async with httpx2.AsyncClient(headers=headers, trust_env=False, timeout=30) as client:

        async def say(user: int) -> None:
            async with slots:
                url = trial.cluster.urls[user % len(trial.cluster.urls)]
                while (await client.put(f"{url}/api/v1/preferences/{user}", json=preferences)).is_error:  # noqa: ASYNC110
                    await asyncio.sleep(BUSY)  # refused, because the machine is busy

        await asyncio.gather(*(say(user) for user in _users(trial)))


def _users(trial: Trial) -> set[int]:
    return {body["user_id"] for body in trial.bodies.values()}


async def _disturb(trial: Trial) -> None:
    """Kill three workers while windows close, and look at what their digests say."""
    await trial.until_accepted(1.0)
    url = trial.cluster.database_url
    closes_at = await store_reader.first_digest(url)
    await asyncio.sleep((closes_at - datetime.now(UTC)).total_seconds() + trial.random_seconds(0.0, 0.7))
    first, second, _ = trial.random.sample(trial.cluster.workers, 3)
    await asyncio.gather(trial.kill(first), trial.kill(second))
    await trial.until_taken(trial.random.uniform(0.1, 0.8) / ITEMS)
    await trial.kill_one(trial.cluster.workers)
    await store_reader.wait_until_closed(url)
    await _look_at_digests(trial)


async def _look_at_digests(trial: Trial) -> None:
    """Every item has to be in one digest on each of its two channels, and every user to have one digest of each."""
    digests = await store_reader.read_digests(trial.cluster.database_url, _users(trial))
    shown = Counter(line.lstrip("•- ") for digest in digests for line in digest.message.splitlines())
    missing_or_twice = sum(shown[body["title"]] != 2 for body in trial.bodies.values())
    trial.note_problem("items that are not in one digest", missing_or_twice)
    trial.note_problem("digests of another number of items", sum(digest.items != ITEMS for digest in digests))
    trial.note_problem("digests too many or too few", abs(len(digests) - 2 * len(_users(trial))))


EXPERIMENT = Experiment(
    id="B38",
    question="Three workers are killed while digests of many users are made: is each item in one digest, sent once?",
    disturb=_disturb,
    trials=10,
    bound=Bound.ON_THE_WIRE,
    plan=Plan(workers=3),
    load=Load(count=1_000, rate=200, shape=_share_users),
    prepare=_want_digests,
)
