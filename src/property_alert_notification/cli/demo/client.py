"""The HTTP client of the demo: repeats what the service asks to repeat, and shows how far it is."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, TypeVar

import httpx2
from rich.progress import Progress

from property_alert_notification.base.clock import Clock
from property_alert_notification.base.errors import Unavailable
from property_alert_notification.base.http import retry_after

CONCURRENCY = 32
"""Requests on the way at once."""

TRIES = 10
"""Of one request, while the service answers 429 or 503."""

USUAL_WAIT = timedelta(seconds=1)
"""Between two tries, if the answer asks for no wait."""

API = "/api/v1"

Item = TypeVar("Item")


class DemoClient:
    """One run's way to the service."""

    def __init__(self, client: httpx2.AsyncClient, clock: Clock, progress: Progress) -> None:
        self._client = client
        self.clock = clock
        self.progress = progress

    def new_name(self) -> str:
        """A name for this run."""
        return f"demo-{self.clock.new_id().hex[:12]}"

    async def ask(self, method: str, path: str, **body: Any) -> Any:
        """Send a request, and send it again while the service answers 429 or 503.

        The service may have executed a request that it answered with 503. So a POST has an idempotency key, and a
        DELETE that is answered with 404 has succeeded.

        Raises:
            Unavailable: the service does not do what is asked.
        """
        key = {"Idempotency-Key": self.clock.new_id().hex} if method == "POST" else {}
        for _ in range(TRIES):
            try:
                response = await self._client.request(method, f"{API}{path}", headers=key, **body)
            except httpx2.TransportError as fault:
                raise Unavailable(f"the service stopped answering ({type(fault).__name__}): see its console") from None
            if response.status_code not in (429, 503):
                break
            wait = retry_after(response.headers.get("Retry-After"), now=self.clock.now()) or USUAL_WAIT
            await asyncio.sleep(wait.total_seconds())
        if method == "DELETE" and response.status_code == 404:
            return None
        if response.is_error:
            raise Unavailable(f"{method} {path} was answered {response.status_code}: {response.text}")
        return response.json() if response.content else None

    async def for_each(self, words: str, items: Collection[Item], do: Callable[[Item], Awaitable[object]]) -> None:
        """Do something for all items, several at once, with a bar of progress."""
        with self.progress_of(words, len(items)) as advance:

            async def step(item: Item) -> None:
                await do(item)
                advance(1)

            await together(items, step)

    @contextmanager
    def progress_of(self, words: str, total: int) -> Iterator[Callable[[int], None]]:
        """A bar of progress, of `total` steps at most; gives what moves it on."""
        task = self.progress.add_task(words, total=total)
        done = 0

        def advance(steps: int) -> None:
            nonlocal done
            done += steps
            self.progress.update(task, completed=done)

        yield advance
        self.progress.update(task, total=done)


async def together(items: Iterable[Item], do: Callable[[Item], Awaitable[object]]) -> None:
    """Do something for all items, several at once."""
    waiting = iter(items)

    async def take_turns() -> None:
        for item in waiting:
            await do(item)

    await asyncio.gather(*[take_turns() for _ in range(CONCURRENCY)])
