"""The story of homes: users save searches, the sales of King County are replayed, and alerts arrive in the mailbox."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

from rich import box
from rich.console import Console
from rich.table import Table

from property_alert_notification.cli.demo.client import API, DemoClient
from property_alert_notification.cli.demo.digests import arrived, digest_time, want_digests
from property_alert_notification.cli.demo.searches import searches
from property_alert_notification.cli.demo.users import USERS, language_of
from property_alert_notification.reso_server.sales import read_sales
from property_alert_notification.reso_server.timeline import Step, timeline

ZONE = "America/Los_Angeles"
"""Of all users, and of the homes."""

SALES = 21_613
BATCH = 500
"""Records of one call."""

WEEK = timedelta(days=7)
NOT_YET_SOLD = timedelta(days=60)
"""The homes of as many days are still on the market at the end."""

AFTER_A_WEEK = 0.4
"""Seconds between two weeks, so that alerts are sent before their homes are sold."""

LONGEST_WAIT = 20
"""Seconds until alerts are counted although some are still on their way."""

MOST_ALERTS = 20_000
"""Alerts that are counted."""

LINES_OF_A_DIGEST = 12
"""The lines that are shown of one."""


async def tell(client: DemoClient, console: Console, *, homes: int, count: int, digests: int) -> None:
    """Play the story with `homes` homes and `count` saved searches, and show what came of it.

    `digests` users have their alerts in a digest, for which the story waits.
    """
    sales = list(islice(read_sales(), 0, None, max(SALES // homes, 1)))[:homes]
    began = client.clock.now()
    await client.for_each("Profiles of users", USERS, lambda user: _introduce(client, user))
    await client.for_each("Searches saved", list(searches(sales, count)), lambda one: _save(client, *one))
    steps = [step for step in timeline(sales, ends_at=began + NOT_YET_SOLD) if step.at <= began]
    run = client.new_name()
    playing = timedelta(seconds=AFTER_A_WEEK) * ((steps[-1].at - steps[0].at) / WEEK)
    at = digest_time(client.clock.now(), playing, ZoneInfo(ZONE))
    if digests:
        await want_digests(client, USERS[:: len(USERS) // digests][:digests], at)
    records, facts = await _replay(client, steps, run)
    made = await arrived(client, at, digests) if digests else []
    alerts = await _settled(client, began)
    console.print(
        f"{records:,} listing events of {homes:,} homes, {steps[0].at:%B %Y} to {steps[-1].at:%B %Y}, "
        f"and {count:,} saved searches made {len(alerts):,} alerts"
    )
    _report(console, facts, alerts)
    if made:
        await _show_digests(client, console, made)
    await _show_one(client, console, alerts, run)


async def _introduce(client: DemoClient, user: int) -> None:
    profile = {"email": f"buyer.{user}@example.com", "language": language_of(user), "time_zone": ZONE}
    await client.ask("PUT", f"/users/{user}/profile", json=profile)
    # The searches of an earlier demo are replaced.
    for search in (await client.ask("GET", f"/users/{user}/saved-searches?limit=100"))["items"]:
        await client.ask("DELETE", f"/users/{user}/saved-searches/{search['SavedSearchKey']}")


async def _save(client: DemoClient, user: int, search: dict[str, Any]) -> None:
    await client.ask("POST", f"/users/{user}/saved-searches", json=search)


async def _replay(client: DemoClient, steps: Sequence[Step], run: str) -> tuple[int, Counter[str]]:
    """Send the records week by week; returns how many were accepted, and the facts of their listings."""
    accepted, week_ends = 0, steps[0].at + WEEK
    batch: list[dict[str, Any]] = []
    with client.progress_of("Listing events replayed", len(steps)) as advance:
        for step in steps:
            if step.at >= week_ends or len(batch) == BATCH:
                accepted += await _send(client, batch)
                advance(len(batch))
                batch, week_ends = [], max(week_ends, step.at + WEEK)
            batch.append(_of_run(step.record, run))
        accepted += await _send(client, batch)
        advance(len(batch))
    return accepted, await _facts(client, {step.listing_key for step in steps}, run)


def _of_run(record: dict[str, Any], run: str) -> dict[str, Any]:
    """The record as another home than that of an earlier demo, or nobody would be told again."""
    return record | {"SourceSystemName": run, "ParcelNumber": f"{run} {record['ParcelNumber']}"}


async def _send(client: DemoClient, batch: Sequence[dict[str, Any]]) -> int:
    answer = await client.ask("POST", "/listing-events", json={"value": list(batch)})
    await asyncio.sleep(AFTER_A_WEEK)
    return sum(result["status"] == "accepted" for result in answer["results"])


async def _facts(client: DemoClient, keys: set[str], source: str) -> Counter[str]:
    facts: Counter[str] = Counter()

    async def count(key: str) -> None:
        history = await client.ask("GET", f"/listings/{key}/history?source={source}")
        facts.update(fact["ChangeType"] for fact in history["items"])

    await client.for_each("Facts of homes", sorted(keys), count)
    return facts


async def _settled(client: DemoClient, began: datetime) -> list[dict[str, Any]]:
    """The alerts since then, once they do not change any more."""
    before: list[dict[str, Any]] = []
    for _ in range(LONGEST_WAIT):
        alerts = await _alerts(client, began)
        if alerts and alerts == before:
            break
        before = alerts
        await asyncio.sleep(1)
    return before


async def _alerts(client: DemoClient, began: datetime) -> list[dict[str, Any]]:
    """The alerts since then."""
    found: list[dict[str, Any]] = []
    after = began.isoformat().replace("+00:00", "Z")
    path = f"/notifications?category=listing_alert&limit=100&accepted_after={after}"
    cursor = ""
    while len(found) < MOST_ALERTS:
        page = await client.ask("GET", path + cursor)
        found += page["items"]
        if page["next"] is None:
            break
        cursor = f"&cursor={page['next']}"
    return found


def _report(console: Console, facts: Counter[str], alerts: Sequence[dict[str, Any]]) -> None:
    table = Table("fact", "listings", box=box.SIMPLE_HEAD)
    for fact, number in facts.most_common():
        table.add_row(fact, f"{number:,}")
    console.print(table)
    outcomes = Counter((alert["status"], ", ".join(alert["reason_codes"])) for alert in alerts)
    table = Table("alerts", "", "reasons", box=box.SIMPLE_HEAD)
    for (status, reasons), number in outcomes.most_common():
        table.add_row(f"{number:,}", status, reasons)
    console.print(table)
    if any("listing_gone" in alert["reason_codes"] for alert in alerts):
        console.print("A week passes in a moment here. A home that was sold meanwhile is told no more: listing_gone.\n")


async def _show_one(client: DemoClient, console: Console, alerts: Sequence[dict[str, Any]], source: str) -> None:
    """One alert in full, and why the user got it."""
    sent = [one for one in alerts if one["status"] in ("sent", "delivered") and language_of(one["user_id"]) == "en"]
    if not sent:
        return
    detail = await client.ask("GET", f"/notifications/{sent[0]['id']}")
    user, listing = detail["user_id"], detail["reference"]
    console.print(f"One of them, to user {user}:\n", style="bold")
    console.print(f"{detail['title']}\n\n{detail['message']}\n", markup=False)
    why = await client.ask("GET", f"/users/{user}/listings/{listing}/explain?source={source}")
    console.print(f"Why (GET {API}/users/{user}/listings/{listing}/explain):\n", style="bold", soft_wrap=True)
    names = {one["SavedSearchKey"]: one["SavedSearchName"] for one in why["searches"]}
    for change in why["changes"]:
        facts = ", ".join(fact["ChangeType"] for fact in change["facts"]) or "other fields"
        console.print(f"{change['ModificationTimestamp']}  {facts}", markup=False)
        matched = [one for one in change["searches"] if not one["unmet"]]
        others = [one for one in change["searches"] if one["unmet"]]
        for search in matched + others[:1]:
            name = names.get(search["SavedSearchKey"], search["SavedSearchKey"])
            console.print("\n".join([f"  {name}: {search['reason']}", *_unmet(search)]), markup=False)
        if others[1:]:
            console.print(f"  {len(others) - 1} more of the user's searches did not match")


async def _show_digests(client: DemoClient, console: Console, made: Sequence[dict[str, Any]]) -> None:
    """How many alerts the digests carried, and the first lines of one."""
    details = [await client.ask("GET", f"/notifications/{one['id']}") for one in made]
    carried = sum(detail["digest"]["items"] for detail in details)
    console.print(f"{len(details):,} digests carried {carried:,} of them. One, to user {details[0]['user_id']}:\n")
    lines = details[0]["message"].splitlines()
    shown = [f"  {line}" for line in (details[0]["title"], "", *lines[:LINES_OF_A_DIGEST])]
    console.print("\n".join([*shown, "  …", ""] if lines[LINES_OF_A_DIGEST:] else [*shown, ""]), markup=False)


def _unmet(search: dict[str, Any]) -> list[str]:
    return [f"    {words}" for words in search["unmet"] or ()]
