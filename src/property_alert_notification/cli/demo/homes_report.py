"""Shows what came of the story of homes: how many facts and alerts, a digest, and one alert with its explanation."""

from collections import Counter
from collections.abc import Iterable
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table

from property_alert_notification.cli.demo.client import API
from property_alert_notification.cli.demo.homes import Story

LINES_OF_A_DIGEST = 12
"""The lines that are shown of one."""


def show(console: Console, story: Story) -> None:
    """Print the results, from the counts to one alert."""
    console.print("Homes and saved searches\n", style="bold")
    console.print(
        f"{story.records:,} listing events of {story.homes:,} homes, {story.begins:%B %Y} to {story.ends:%B %Y}, "
        f"and {story.searches:,} saved searches made {len(story.alerts):,} alerts."
    )
    console.print(_facts(story.facts))
    console.print(_outcomes(story.alerts))
    if any("listing_gone" in alert["reason_codes"] for alert in story.alerts):
        console.print(
            "A year passes in a minute here: homes that are sold before a digest are told no more (listing_gone).\n"
        )
    if story.digest_users:
        _show_digests(console, story)
    if story.example and story.why:
        _show_one(console, story.example, story.why, story.source)


def _facts(facts: Counter[str]) -> Table:
    table = Table("fact", "listings", box=box.SIMPLE_HEAD)
    for fact, number in facts.most_common():
        table.add_row(fact, f"{number:,}")
    return table


def _outcomes(alerts: Iterable[dict[str, Any]]) -> Table:
    outcomes = Counter((alert["status"], ", ".join(alert["reason_codes"])) for alert in alerts)
    table = Table("alerts", "status", "reasons", box=box.SIMPLE_HEAD)
    for (status, reasons), number in outcomes.most_common():
        table.add_row(f"{number:,}", status, reasons)
    return table


def _show_digests(console: Console, story: Story) -> None:
    """How many alerts they carried, and the first lines of one."""
    digests = story.digests
    carried = sum(one["digest"]["items"] for one in digests)
    console.print(f"{story.digest_users:,} users chose a digest; {len(digests):,} digests carried {carried:,} alerts.")
    if story.waits_for_digests:
        console.print("More alerts wait for theirs: see the mailbox in a while.")
    elif len(digests) < story.digest_users:
        console.print("For the other users no home was left to be told of.")
    if digests:
        console.print(f"\nOne digest, to user {digests[0]['user_id']}:\n", style="bold")
        lines = digests[0]["message"].splitlines()
        shown = [f"  {line}" for line in (digests[0]["title"], "", *lines[:LINES_OF_A_DIGEST])]
        more = ["  …"] if lines[LINES_OF_A_DIGEST:] else []
        console.print("\n".join([*shown, *more, ""]), markup=False)


def _show_one(console: Console, alert: dict[str, Any], why: dict[str, Any], source: str) -> None:
    """One alert in full, and why the user got it."""
    user, listing = alert["user_id"], alert["reference"]
    console.print(f"One alert, to user {user}:\n", style="bold")
    console.print("\n".join(f"  {line}" for line in (alert["title"], "", *alert["message"].splitlines())), markup=False)
    path = f"{API}/users/{user}/listings/{listing}/explain?source={source}"
    console.print(f"\nWhy (GET {path}):\n", style="bold", soft_wrap=True)
    names = {one["SavedSearchKey"]: one["SavedSearchName"] for one in why["searches"]}
    for change in why["changes"]:
        facts = ", ".join(fact["ChangeType"] for fact in change["facts"]) or "other fields"
        console.print(f"  {change['ModificationTimestamp']}  {facts}", markup=False)
        matched = [one for one in change["searches"] if not one["unmet"]]
        others = [one for one in change["searches"] if one["unmet"]]
        for search in matched + others[:1]:
            name = names.get(search["SavedSearchKey"], search["SavedSearchKey"])
            console.print("\n".join([f"    {name}: {search['reason']}", *_unmet(search)]), markup=False)
        if others[1:]:
            console.print(f"    {len(others) - 1} more of the user's searches did not match")


def _unmet(search: dict[str, Any]) -> list[str]:
    return [f"      {words}" for words in search["unmet"] or ()]
