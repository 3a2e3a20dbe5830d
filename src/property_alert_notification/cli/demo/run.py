"""Sends notifications through a service's HTTP API, waits for the end of each, and shows what came of them."""

import asyncio
from collections import Counter
from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any

import httpx2
from rich import box
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from property_alert_notification.base.clock import Clock
from property_alert_notification.base.errors import Unavailable
from property_alert_notification.cli.demo.client import CONCURRENCY, DemoClient, together
from property_alert_notification.cli.demo.homes import play
from property_alert_notification.cli.demo.homes_report import show
from property_alert_notification.cli.demo.listings import read_listings
from property_alert_notification.cli.demo.notifications import notifications
from property_alert_notification.cli.demo.users import USERS, preferences

BETWEEN_ROUNDS = 0.2
"""Seconds between two rounds of asking what is still open."""

_COLUMNS = ("sent", "delivered", "suppressed", "failed")


async def run(url: str, count: int, *, homes: int, searches: int, digests: int, patience: float) -> bool:
    """The whole demo, on the console; `patience` is in seconds. Returns whether every delivery came to its end.

    The demo is two stories: `count` notifications of other services, and `homes` homes with saved searches.

    Raises:
        Unavailable: no service answers at `url`, or it is not a local one.
    """
    clock, console = Clock(), Console()
    limits = httpx2.Limits(max_connections=CONCURRENCY)
    async with httpx2.AsyncClient(base_url=url, timeout=30, limits=limits, trust_env=False) as client:
        await _meet(client, url)
        with _progress(console) as progress:
            demo_client = DemoClient(client, clock, progress)
            demo = _Demo(demo_client)
            await demo.introduce_users()
            started_at = clock.monotonic()
            accepted = await demo.send(count)
            sent_at = clock.monotonic()
            details = await demo.follow(accepted, patience)
            story = None
            if homes:
                story = await play(demo_client, homes=homes, count=searches, digests=digests)
    console.print("\nNotifications of other services", style="bold")
    console.print(_report(details))
    console.print(_speed("notifications submitted", len(accepted), sent_at - started_at))
    if details:
        console.print(_speed("deliveries ended", *_span(details)))
    if len(details) < count:
        console.print(f"{count - len(details):,} are still open: property-alerts notifications list", style="yellow")
    if story:
        console.print()
        show(console, story)
    console.print(f"\nRead all messages: {url}/mailbox", soft_wrap=True)
    return len(details) == count


class _Demo:
    """One run of it."""

    def __init__(self, client: DemoClient) -> None:
        self._client = client

    async def introduce_users(self) -> None:
        """PUT is idempotent: a second demo changes nothing."""

        async def introduce(user: int) -> None:
            await self._client.ask("PUT", f"/preferences/{user}", json=preferences(user))

        await self._client.for_each("Preferences created", USERS, introduce)

    async def send(self, count: int) -> list[str]:
        """Submit all notifications; returns the ids of those that were accepted."""
        accepted: list[str] = []

        async def submit(one: dict[str, Any]) -> None:
            accepted.append((await self._client.ask("POST", "/notifications/", json=one))["id"])

        name = self._client.new_name()
        given = list(notifications(read_listings(), count, run=name))
        await self._client.for_each("Notifications submitted", given, submit)
        return accepted

    async def follow(self, accepted: Iterable[str], patience: float) -> list[dict[str, Any]]:
        """Ask until everything has ended or `patience` seconds are over; returns the notifications that have ended."""
        details: list[dict[str, Any]] = []
        open_ = list(accepted)
        task = self._client.progress.add_task("Deliveries ended", total=len(open_))

        async def poll(notification: str) -> None:
            detail = await self._client.ask("GET", f"/notifications/{notification}")
            if detail["status"] not in ("scheduled", "pending"):
                details.append(detail)
                open_.remove(notification)
                self._client.progress.advance(task)

        ends = self._client.clock.monotonic() + patience
        while open_ and self._client.clock.monotonic() < ends:
            await together(list(open_), poll)
            if open_:
                await asyncio.sleep(BETWEEN_ROUNDS)
        return details


async def _meet(client: httpx2.AsyncClient, url: str) -> None:
    """Make sure that the service only writes to the mailbox."""
    try:
        answer = await client.get("/api/mailbox/messages", params={"limit": 1})
    except (httpx2.TransportError, httpx2.InvalidURL):
        raise Unavailable(
            f"no service answers at {url}. Start it in another terminal: make run (or: property-alerts dev)"
        ) from None
    if answer.is_error:
        raise Unavailable(
            f"{url} answers {answer.status_code} when asked for its mailbox. The demo is for a service with "
            "ENVIRONMENT=local, so that no real person is written to"
        )


def _progress(console: Console) -> Progress:
    return Progress(
        TextColumn("{task.description:<30}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), console=console
    )


def _report(details: Collection[dict[str, Any]]) -> Table:
    states = Counter(
        (delivery["channel"], delivery["state"]) for detail in details for delivery in detail["deliveries"]
    )
    table = Table("deliveries", *_COLUMNS, "other", box=box.SIMPLE_HEAD)
    for channel in sorted({channel for channel, _ in states}):
        counted = [states[channel, state] for state in _COLUMNS]
        other = sum(number for (its, _), number in states.items() if its == channel) - sum(counted)
        table.add_row(channel, *[f"{number:,}" for number in (*counted, other)])
    return table


def _span(details: Collection[dict[str, Any]]) -> tuple[int, float]:
    """How many deliveries ended, and the seconds from the first accept to the last end by the service's own clock."""
    ends = [datetime.fromisoformat(delivery["changed_at"]) for detail in details for delivery in detail["deliveries"]]
    first = min(datetime.fromisoformat(detail["accepted_at"]) for detail in details)
    return len(ends), (max(ends) - first).total_seconds()


def _speed(what: str, number: int, seconds: float) -> str:
    per_second = f", {number / seconds:,.0f} per second" if seconds > 0 else ""
    return f"{number:,} {what} in {seconds:.1f} s{per_second}"
