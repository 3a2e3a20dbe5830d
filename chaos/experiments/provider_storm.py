"""The first provider of each channel fails everything for a while, on and off; a second one replaces it."""

import asyncio
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from chaos import store_reader
from chaos.experiment import Bound, Experiment
from chaos.plan import Load, Plan
from chaos.provider.faults import DROP, HTTP, Fault
from chaos.provider.journal import Entry
from chaos.server import Server
from chaos.trial import Trial

SMTP, GATEWAY = "smtp", "http"

LATE = 0.1
"""Seconds that a failing provider takes, so that two calls at once are seen as such."""

MOST_CALLS, MOST_SECONDS = 20, 10.0
"""What a worker may need to find out that its provider fails."""

LANDING = 0.5
"""Seconds in which calls arrive that had begun when the breaker opened."""


@dataclass(frozen=True, slots=True)
class _Change:
    """A breaker came into a state."""

    provider: str
    state: str
    at: float
    """On the monotonic clock, as in the providers' journal."""


async def _disturb(trial: Trial) -> None:
    storms: list[tuple[float, float]] = []
    for moment in trial.random_shares(2, until=0.6):
        await trial.until_accepted(moment)
        began = time.monotonic()
        await trial.inject_faults(*_storm(trial))
        await asyncio.sleep(trial.random_seconds(2, 5))
        storms.append((began, time.monotonic()))
        await trial.clear_faults()
    await trial.until_accepted(1.0)
    await store_reader.wait_until_ended(trial.cluster.database_url, patience=60)
    for worker in trial.cluster.workers:
        changes = list(_changes(worker))
        for provider in (SMTP, GATEWAY):
            for storm in storms:
                _check(trial, worker, provider, storm, [one for one in changes if one.provider == provider])
    stood_in = sum(entry.kind == "taken" and entry.provider.endswith("@backup") for entry in trial.entries())
    trial.note_problem("nobody stood in", not stood_in)
    trial.in_doubt_at_most += sum(entry.answer == f"dot: {DROP}" for entry in trial.entries())
    stored = await store_reader.read_deliveries(trial.cluster.database_url, trial.tag)
    trial.note_problem("given to another provider although the first may have it", sum(map(_changed_provider, stored)))


def _storm(trial: Trial) -> list[Fault]:
    """Down, or so that it is unknown which of the messages were taken."""
    if trial.random.random() < 0.5:
        greeting = trial.random.choice(["421 4.3.2 closing", "554 5.3.2 no", DROP])
        return [
            Fault("greeting", greeting, late=LATE, provider=SMTP),
            Fault("mail", "421 4.3.2 closing", provider=SMTP),
            Fault(HTTP, trial.random.choice(["503", "500"]), late=LATE, provider=GATEWAY),
        ]
    return [
        Fault(at, DROP, share=share, is_taken=is_taken, late=LATE, provider=provider)
        for at, provider in (("dot", SMTP), (HTTP, GATEWAY))
        for share, is_taken in ((0.5, True), (1.0, False))
    ]


def _check(trial: Trial, worker: Server, provider: str, storm: tuple[float, float], changes: list[_Change]) -> None:
    """Whether a worker left its failing provider alone soon enough, and tried it out by one call at a time."""
    calls = [entry.at for entry in trial.entries() if _is_call(entry, worker.name, provider)]
    calls = [at for at in calls if storm[0] <= at <= storm[1]]
    openings = [one.at for one in changes if one.state == "open" and storm[0] <= one.at]
    if not calls:
        return  # it was still left alone since the storm before
    opened_at = min(openings, default=float("inf"))
    needed = [at for at in calls if at < opened_at]
    trial.note_problem("too many calls before a breaker opened", len(needed) > MOST_CALLS)
    trial.note_problem(
        "a breaker opened too late", bool(needed) and min(opened_at, storm[1]) - needed[0] > MOST_SECONDS
    )
    probes = [at for at in calls if at > opened_at + LANDING]
    allowed = sum(one.state == "half_open" and opened_at < one.at <= storm[1] for one in changes)
    trial.note_problem("calls beside those that try a provider out", max(0, len(probes) - allowed))
    close = sum(later - earlier < LATE for earlier, later in pairwise(probes))
    trial.note_problem("two calls at once tried a provider out", close)


def _is_call(entry: Entry, caller: str, provider: str) -> bool:
    """Whether it is one failed call: MAIL on an old connection is followed by the greeting of a new one."""
    mine = entry.kind == "fault" and entry.provider == provider and entry.caller == caller
    return mine and not entry.answer.startswith("mail:")


def _changes(worker: Server) -> Iterator[_Change]:
    ahead = time.time() - time.monotonic()
    for line in worker.log().splitlines():
        if '"breaker.changed"' in line:
            said = json.loads(line)
            at = datetime.fromisoformat(said["timestamp"]).timestamp() - ahead
            yield _Change(said["provider"], said["state"], at)


def _changed_provider(stored: store_reader.StoredDelivery) -> bool:
    """Whether another provider was tried after an unknown outcome."""
    places = [one.provider for one in stored.attempts]
    unsure = [number for number, one in enumerate(stored.attempts) if one.may_have_left]
    return bool(unsure) and len(set(places[unsure[0] :])) > 1


EXPERIMENT = Experiment(
    id="B27",
    question="The first providers fail everything, on and off: do breakers and backups keep work going, once each?",
    disturb=_disturb,
    trials=20,
    bound=Bound.ON_THE_WIRE,
    plan=Plan(settings={"EMAIL_PROVIDER": "smtp,smtp@backup", "SMS_PROVIDER": "http,http@backup"}),
    load=Load(count=300, rate=60),
    ends=frozenset({"sent", "failed"}),
)
