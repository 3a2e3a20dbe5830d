"""Accepting notifications without addresses while the User service is well, slow, down, or answers nonsense.

In each case 1,000 notifications per second, each for another user, are submitted by HTTP; then the User service is
well, and every one has to be sent. Before and after, the same is done with addresses: what counts elsewhere is the
ratio to that.
"""

import asyncio
import itertools
import json
import statistics
import time
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass, field

from benchmarks import ledger
from benchmarks.accept import PATIENT
from benchmarks.children import Child
from benchmarks.drain import INSTANT_WORKER
from benchmarks.serve import PATH
from benchmarks.stores import Store
from benchmarks.user_service import Behaviour, UserService

RATE = 1_000
"""Notifications per second."""
SECONDS = 10.0
QUICK_SECONDS = 0.2

SLOW_SECONDS = 5.0
"""An answer of the User service that is slow; less in a quick run."""

CONNECTIONS = 64
PATIENCE = 600.0
"""Seconds until all have to be sent."""

WITH_ADDRESSES = "with addresses"
CASES = (WITH_ADDRESSES, *Behaviour, WITH_ADDRESSES)

FLOOR = 0.9
"""Of the rate with addresses."""


@dataclass(frozen=True, slots=True)
class Unaddressed:
    """One case."""

    store: str
    case: str
    notifications: int
    accepted_per_second: float
    p50_ms: float
    p99_ms: float
    asked: int
    """How many questions the User service got meanwhile."""
    sent_after: float
    """Seconds, since the User service was well, until all were sent."""
    failed: int
    """Calls that were not answered 200."""
    missing: int
    """Notifications that were accepted and not sent."""


@dataclass
class _Tally:
    """What the callers saw."""

    accepted: int = 0
    failed: int = 0
    seconds: list[float] = field(default_factory=list)


def measure(store: Store, seconds: float, progress: Callable[[str], None]) -> list[Unaddressed]:
    """Measure every case on one store.

    Raises:
        ChildFailed: a process could not be started, or gave up.
    """
    return asyncio.run(_measure(store, seconds, progress))


async def _measure(store: Store, seconds: float, progress: Callable[[str], None]) -> list[Unaddressed]:
    service, users = UserService(slow_seconds=min(SLOW_SECONDS, SLOW_SECONDS * seconds)), itertools.count(1)
    found: list[Unaddressed] = []
    async with service.running() as url, _serving(store, url) as (port, database_url):
        for case in CASES:
            progress(f"{store.title}: {RATE:,} notifications a second, {case}")
            service.behaviour = Behaviour.WELL if case is WITH_ADDRESSES else Behaviour(case)
            asked_before, count = service.asked, round(RATE * seconds)
            batch = list(itertools.islice(users, count))
            tally, took = await _put_load(port, batch, addressed=case is WITH_ADDRESSES)
            asked, service.behaviour, well_at = service.asked - asked_before, Behaviour.WELL, time.monotonic()
            accepted_before = sum(one.notifications - one.failed for one in found)
            missing = await _until_sent(database_url, accepted_before + tally.accepted)
            centiles = statistics.quantiles(tally.seconds, n=100)
            found.append(
                Unaddressed(
                    store=store.title,
                    case=case,
                    notifications=count,
                    accepted_per_second=tally.accepted / took,
                    p50_ms=1_000 * centiles[49],
                    p99_ms=1_000 * centiles[98],
                    asked=asked,
                    sent_after=time.monotonic() - well_at,
                    failed=tally.failed,
                    missing=missing,
                )
            )
    return found


@asynccontextmanager
async def _serving(store: Store, user_service: str) -> AsyncIterator[tuple[int, str]]:
    """An API and a worker; gives the API's port, and the URL of the store."""
    settings = store.fresh() | PATIENT
    settings |= {
        "DEFAULT_PREFERENCES": "email",
        "USER_SERVICE_URL": f"{user_service}/{{user_id}}",
        "USER_SERVICE_BULK_URL": f"{user_service}/{{user_ids}}",
    }
    with ExitStack() as stack:
        api = stack.enter_context(Child(("-m", "benchmarks.serve", "ours"), settings))
        port = (await asyncio.to_thread(api.read))["port"]
        stack.enter_context(Child(INSTANT_WORKER, settings | {"EMAIL_PROVIDER": "instant"}))
        yield port, settings["DATABASE_URL"]


async def _put_load(port: int, users: list[int], *, addressed: bool) -> tuple[_Tally, float]:
    tally, began = _Tally(), time.perf_counter()
    due = iter([(began + place / RATE, _request(user, addressed=addressed)) for place, user in enumerate(users)])
    await asyncio.gather(*(_call(port, due, tally) for _ in range(CONNECTIONS)))
    return tally, time.perf_counter() - began


async def _call(port: int, due: Iterator[tuple[float, bytes]], tally: _Tally) -> None:
    """One connection, which submits the next notification when its time has come; one that breaks is replaced."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for at, request in due:
        await asyncio.sleep(at - time.perf_counter())
        began = time.perf_counter()
        try:
            writer.write(request)
            status = await _read_status(reader)
        except (OSError, asyncio.IncompleteReadError):
            status = "none"
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
        tally.seconds.append(time.perf_counter() - began)
        tally.accepted += status == "200"
        tally.failed += status != "200"
    writer.close()


def _request(user: int, *, addressed: bool) -> bytes:
    body: dict[str, object] = {"title": "A home", "message": "3 bedrooms", "user_id": user}
    if addressed:
        body |= {"user_email": f"user{user}@example.com", "user_phone_number": None}
    content = json.dumps(body).encode()
    head = f"POST {PATH} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {len(content)}\r\n"
    return head.encode() + b"Content-Type: application/json\r\n\r\n" + content


async def _read_status(reader: asyncio.StreamReader) -> str:
    answer = await reader.readuntil(b"\r\n\r\n")
    await reader.readexactly(int(answer.lower().partition(b"content-length: ")[2].split(b"\r", 1)[0]))
    return answer[9:12].decode()


async def _until_sent(url: str, count: int) -> int:
    """Wait until so many emails were sent, `PATIENCE` at most; returns how many are missing."""
    began = time.monotonic()
    while True:
        sent = (await asyncio.to_thread(ledger.count_by_state, url, channel="email")).get("sent", 0)
        if sent >= count or time.monotonic() - began > PATIENCE:
            return count - sent
        await asyncio.sleep(ledger.POLL)


def rate_with_addresses(results: Iterable[Unaddressed], store: str) -> float:
    """How many a second a store accepted that had addresses: the mean of both times."""
    return statistics.mean(
        one.accepted_per_second for one in results if (one.store, one.case) == (store, WITH_ADDRESSES)
    )
