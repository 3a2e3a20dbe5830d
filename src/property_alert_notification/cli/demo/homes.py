"""The story of homes: users save searches, the sales of King County are replayed, and alerts arrive in the mailbox."""

import asyncio
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

from property_alert_notification.cli.demo.client import DemoClient
from property_alert_notification.cli.demo.digests import are_collected, arrived, digest_time, want_digests
from property_alert_notification.cli.demo.searches import searches
from property_alert_notification.cli.demo.users import USERS, language_of
from property_alert_notification.reso_server.sales import Sale, read_sales
from property_alert_notification.reso_server.timeline import Step, timeline

ZONE = "America/Los_Angeles"
"""Of all users, and of the homes."""

SALES = 21_613
BATCH = 500
"""Records of one call."""

WEEK = timedelta(days=7)
NOT_YET_SOLD = timedelta(days=60)
"""The homes of as many days are still on the market at the end."""

BETWEEN_LOOKS = 0.1
"""Seconds between two looks whether the alerts of a week are sent."""

LONGEST_WEEK = 60
"""Seconds after which the next week begins, although alerts of this one are still on their way."""

MOST_ALERTS = 20_000
"""Alerts that are counted."""

_AT_ONCE = ("status=scheduled", "status=pending&reason_code=user_opted_in")
"""The alerts that are on their way, and wait neither for a digest nor for a decision."""


@dataclass(frozen=True, slots=True)
class Story:
    """What came of the homes and the searches."""

    source: str
    """The name of this run, by which its listings are found."""
    homes: int
    searches: int
    records: int
    """The listing events that were accepted."""
    begins: datetime
    ends: datetime
    facts: Counter[str]
    """How many listings have a change of each type."""
    alerts: Sequence[dict[str, Any]]
    digests: Sequence[dict[str, Any]]
    """In full."""
    digest_users: int
    """The users who chose one."""
    waits_for_digests: bool
    """Whether alerts still wait for a digest."""
    example: dict[str, Any] | None
    """An alert that was sent, in full."""
    why: dict[str, Any] | None
    """Why its user got it."""


async def play(client: DemoClient, *, homes: int, count: int, digests: int) -> Story:
    """Play the story with `homes` homes and `count` saved searches.

    `digests` users have their alerts in a digest, which is made after the last week.
    """
    sales = list(islice(read_sales(), 0, None, max(SALES // homes, 1)))[:homes]
    began, run = client.clock.now(), client.new_name()
    await client.for_each("Profiles of users", USERS, lambda user: _introduce(client, user))
    await client.for_each("Searches saved", list(searches(sales, count)), lambda one: _save(client, *one))
    chosen = USERS[:: len(USERS) // digests][:digests] if digests else []
    zone = ZoneInfo(ZONE)
    await want_digests(client, "Daily digests chosen", chosen, began.astimezone(zone) + timedelta(hours=12))
    steps = _steps(sales, began)
    accepted = await _replay(client, steps, run, began)
    at = digest_time(client.clock.now(), zone)
    await want_digests(client, f"Digests asked for at {at:%H:%M}", chosen, at)
    made = await arrived(client, at, len(chosen)) if chosen else []
    alerts = await _alerts(client, began)
    example, why = await _explained(client, alerts, run)
    return Story(
        source=run,
        homes=homes,
        searches=count,
        records=accepted,
        begins=steps[0].at,
        ends=steps[-1].at,
        facts=await _facts(client, {step.listing_key for step in steps}, run),
        alerts=alerts,
        digests=[await client.ask("GET", f"/notifications/{one['id']}") for one in made],
        digest_users=len(chosen),
        waits_for_digests=await are_collected(client),
        example=example,
        why=why,
    )


def _steps(sales: Sequence[Sale], now: datetime) -> list[Step]:
    return [step for step in timeline(sales, ends_at=now + NOT_YET_SOLD) if step.at <= now]


async def _introduce(client: DemoClient, user: int) -> None:
    profile = {"email": f"buyer.{user}@example.com", "language": language_of(user), "time_zone": ZONE}
    await client.ask("PUT", f"/users/{user}/profile", json=profile)
    # The searches of an earlier demo are replaced.
    for search in (await client.ask("GET", f"/users/{user}/saved-searches?limit=100"))["items"]:
        await client.ask("DELETE", f"/users/{user}/saved-searches/{search['SavedSearchKey']}")


async def _save(client: DemoClient, user: int, search: dict[str, Any]) -> None:
    await client.ask("POST", f"/users/{user}/saved-searches", json=search)


async def _replay(client: DemoClient, steps: Sequence[Step], run: str, began: datetime) -> int:
    """Send the records; returns how many were accepted.

    The next ones are sent when the alerts of the last ones are, before their homes are sold.
    """
    accepted = 0
    with client.progress_of("Listing events replayed", len(steps)) as advance:
        for batch in batches(steps):
            value = [_of_run(step.record, run) for step in batch]
            answer = await client.ask("POST", "/listing-events", json={"value": value})
            accepted += sum(result["status"] == "accepted" for result in answer["results"])
            await _until_sent(client, batch[-1].listing_key, run, began)
            advance(len(batch))
    return accepted


def batches(steps: Iterable[Step]) -> Iterator[list[Step]]:
    """The records in batches, each of a week at most and with one record of a listing at most."""
    batch: list[Step] = []
    for step in steps:
        if batch and (step.at >= batch[0].at + WEEK or len(batch) == BATCH or _has(batch, step.listing_key)):
            yield batch
            batch = []
        batch.append(step)
    if batch:
        yield batch


def _has(batch: Iterable[Step], listing_key: str) -> bool:
    return any(step.listing_key == listing_key for step in batch)


async def _until_sent(client: DemoClient, last: str, run: str, began: datetime) -> None:
    """Wait until the matcher has come to the `last` listing, and the alerts that it made are sent."""
    ends = client.clock.monotonic() + LONGEST_WEEK
    while await _on_their_way(client, last, run, began):
        if client.clock.monotonic() > ends:
            break
        await asyncio.sleep(BETWEEN_LOOKS)


def _of_run(record: dict[str, Any], run: str) -> dict[str, Any]:
    """The record as another home than that of an earlier demo, or nobody would be told again."""
    return record | {"SourceSystemName": run, "ParcelNumber": f"{run} {record['ParcelNumber']}"}


async def _on_their_way(client: DemoClient, last: str, run: str, began: datetime) -> bool:
    """Whether the matcher has not come to the `last` listing yet, or alerts are not sent yet."""
    why = await client.ask("GET", f"/users/{USERS[0]}/listings/{last}/explain?source={run}")
    outcomes = {search["outcome"] for change in why["changes"] for search in change["searches"]}
    if "not_yet_matched" in outcomes:
        return True
    for some in _AT_ONCE:
        page = await client.ask("GET", f"{_alerts_since(began)}&limit=1&{some}")
        if page["items"]:
            return True
    return False


async def _facts(client: DemoClient, keys: set[str], source: str) -> Counter[str]:
    facts: Counter[str] = Counter()

    async def count(key: str) -> None:
        history = await client.ask("GET", f"/listings/{key}/history?source={source}")
        facts.update(fact["ChangeType"] for fact in history["items"])

    await client.for_each("Facts of homes counted", sorted(keys), count)
    return facts


def _alerts_since(began: datetime) -> str:
    after = began.astimezone(UTC).isoformat().replace("+00:00", "Z")
    return f"/notifications?category=listing_alert&accepted_after={after}"


async def _alerts(client: DemoClient, began: datetime) -> list[dict[str, Any]]:
    """The alerts since then."""
    found: list[dict[str, Any]] = []
    cursor = ""
    while len(found) < MOST_ALERTS:
        page = await client.ask("GET", f"{_alerts_since(began)}&limit=100{cursor}")
        found += page["items"]
        if page["next"] is None:
            break
        cursor = f"&cursor={page['next']}"
    return found


async def _explained(
    client: DemoClient, alerts: Sequence[dict[str, Any]], run: str
) -> tuple[dict[str, Any], dict[str, Any]] | tuple[None, None]:
    """One of these alerts that was sent, in full, and why its user got it."""
    sent = [one for one in alerts if one["status"] in ("sent", "delivered") and language_of(one["user_id"]) == "en"]
    if not sent:
        return None, None
    detail = await client.ask("GET", f"/notifications/{sent[0]['id']}")
    path = f"/users/{detail['user_id']}/listings/{detail['reference']}/explain?source={run}"
    return detail, await client.ask("GET", path)
