"""Some users of the demo want one digest a day, at an hour that comes while the demo is still running."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any

from property_alert_notification.cli.demo.client import DemoClient

LONGEST_WAIT = 60
"""Seconds after its time in which a digest is made and sent."""

QUIET = 3
"""Looks in a row, a second apart, that find no new digest and no alert that waits for one: then all have arrived."""


def digest_time(now: datetime, zone: tzinfo) -> datetime:
    """The first full minute of a clock in `zone` after the next 5 seconds."""
    soonest = (now + timedelta(seconds=5)).astimezone(zone)
    return soonest.replace(second=0, microsecond=0) + timedelta(minutes=1)


async def want_digests(client: DemoClient, words: str, users: Sequence[int], at: datetime) -> None:
    """Have the alerts of these users collected for a digest at this local time."""
    wanted = {"categories": {"listing_alert": {"email": "daily"}}, "digest": {"at": f"{at:%H:%M}"}}
    if users:
        await client.for_each(words, users, lambda user: client.ask("PATCH", f"/preferences/{user}", json=wanted))


async def arrived(client: DemoClient, at: datetime, users: int) -> list[dict[str, Any]]:
    """The digests of this time, once no more of them arrive."""
    found: list[dict[str, Any]] = []
    with client.progress_of(f"Digests of {at:%H:%M} arrived", users) as advance:
        await asyncio.sleep(max((at - client.clock.now()).total_seconds(), 0))
        ends, quiet = at + timedelta(seconds=LONGEST_WAIT), 0
        while quiet < QUIET and client.clock.now() < ends:
            await asyncio.sleep(1)
            before, found = found, await _sent(client, at)
            advance(len(found) - len(before))
            is_done = len(found) == len(before) and not await are_collected(client)
            quiet = quiet + 1 if is_done else 0
    return found


async def _sent(client: DemoClient, at: datetime) -> list[dict[str, Any]]:
    after = at.astimezone(UTC).isoformat().replace("+00:00", "Z")
    page = await client.ask("GET", f"/notifications?category=digest&limit=100&accepted_after={after}")
    return [one for one in page["items"] if one["status"] in ("sent", "delivered")]


async def are_collected(client: DemoClient) -> bool:
    """Whether alerts wait for a digest, which is not made or not sent yet."""
    page = await client.ask("GET", "/notifications?category=listing_alert&status=pending&limit=1")
    return bool(page["items"])
