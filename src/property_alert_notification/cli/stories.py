"""`notifications`: what became of each, read from the store itself, also while no API runs."""

import asyncio
import json
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import typer

from property_alert_notification.vocabulary import NotificationStatus

if TYPE_CHECKING:
    from rich.table import Table
    from rich.text import Text
    from sqlalchemy.ext.asyncio import AsyncConnection

    from property_alert_notification.notifications.schemas import DeliveryPublic, NotificationStory

app = typer.Typer(
    help="See what became of notifications, and why.",
    epilog="Start with: property-alerts notifications list",
    no_args_is_help=True,
    rich_markup_mode="markdown",
)

LOOKED_AT = 5_000
"""Notifications that are read at most to find those of one status: it is not stored, but follows from deliveries."""

_PAGE = 500
_WIDEST_ROW = 200

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for machines: times are UTC.")]


@app.command("list")
def list_newest(
    user: Annotated[int | None, typer.Option(help="Only those for this user_id.")] = None,
    status: Annotated[
        NotificationStatus | None,
        typer.Option(help=f"Only those with this status, of the newest {LOOKED_AT:,}.", case_sensitive=False),
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="How many at most.")] = 20,
    as_json: AsJson = False,
) -> None:
    r"""List the newest notifications and the state of their deliveries, without any address or text.

    For example:

    `property-alerts notifications list`\
    `property-alerts notifications list --user 1 --limit 100`\
    `property-alerts notifications list --status failed --json`
    """
    from pydantic_core import to_jsonable_python

    found = asyncio.run(_newest(_database_url(), user, status, limit))
    if as_json:
        typer.echo(json.dumps(to_jsonable_python(found), indent=2))
    else:
        _show_list(found)


@app.command()
def show(
    notification_id: Annotated[UUID, typer.Argument(metavar="ID", help="As the API answered it, or `list` shows it.")],
    as_json: AsJson = False,
) -> None:
    r"""Tell the whole story of one notification: every delivery, every attempt, and the reason of each decision.

    It prints the message and the addresses: they are personal data.

    For example:

    `property-alerts notifications show 019ab6c1-3f7e-7cc3-98c4-2f0e8d1f6a55`\
    `property-alerts notifications show 019ab6c1-3f7e-7cc3-98c4-2f0e8d1f6a55 --json`
    """
    story = asyncio.run(_story(_database_url(), notification_id))
    if as_json:
        typer.echo(story.model_dump_json(indent=2))
    else:
        _show_story(story)


def _database_url() -> str:
    from property_alert_notification.settings import Settings, load

    return load(Settings).database_url


async def _newest(url: str, user: int | None, status: NotificationStatus | None, limit: int) -> list[dict[str, Any]]:
    from property_alert_notification.cli.store import reading

    async with reading(url) as database, database.reading() as connection:
        if status is None:
            return await _page(connection, user, None, limit)
        found: list[dict[str, Any]] = []
        before: UUID | None = None
        for _ in range(0, LOOKED_AT, _PAGE):
            page = await _page(connection, user, before, _PAGE)
            found += [one for one in page if one["status"] is status]
            if len(found) >= limit or len(page) < _PAGE:
                break
            before = page[-1]["id"]
    return found[:limit]


async def _page(
    connection: "AsyncConnection", user: int | None, before: UUID | None, limit: int
) -> list[dict[str, Any]]:
    from property_alert_notification.deliveries import queries as deliveries
    from property_alert_notification.deliveries.states import status_of
    from property_alert_notification.notifications import queries
    from property_alert_notification.vocabulary import DeliveryState

    notifications = await queries.newest(connection, user_id=user, before=before, limit=limit)
    theirs = await deliveries.of_notifications(connection, [notification.id for notification in notifications])
    states: dict[UUID, dict[str, DeliveryState]] = {notification.id: {} for notification in notifications}
    for delivery in theirs:
        states[delivery.notification_id][delivery.channel] = DeliveryState(delivery.state)
    return [
        {
            **notification.model_dump(include={"id", "accepted_at", "user_id", "category", "reference", "urgent"}),
            "status": status_of(states[notification.id].values()),
            "deliveries": states[notification.id],
        }
        for notification in notifications
    ]


async def _story(url: str, notification_id: UUID) -> "NotificationStory":
    from property_alert_notification.cli.store import reading
    from property_alert_notification.notifications.story import tell

    async with reading(url) as database:
        return await tell(database, notification_id)


def _show_list(found: list[dict[str, Any]]) -> None:
    from rich.console import Console

    from property_alert_notification.vocabulary import Channel

    if not found:
        typer.echo("There are none.")
        return
    table = _table("id", "accepted", "user", *Channel)
    for one in found:
        states = [one["deliveries"].get(channel, "not asked for") for channel in Channel]
        accepted = f"{one['accepted_at'].astimezone():%m-%d %H:%M}"
        table.add_row(*[_plain(cell) for cell in (one["id"], accepted, one["user_id"], *states)])
    # Wider than any row: where a screen is too narrow, lines that wrap are better than ids cut short.
    Console(width=_WIDEST_ROW).print(table)


def _show_story(story: "NotificationStory") -> None:
    from rich.console import Console

    console = Console()
    facts = _table("notification", str(story.id))
    for name, value in (
        ("status", story.status),
        ("user", story.user_id),
        ("category", story.category),
        ("reference", story.reference),
        ("accepted", _local(story.accepted_at)),
        ("expires", _local(story.expires_at)),
        ("urgent", "yes" if story.urgent else None),
        ("only", ", ".join(story.channels or [])),
        ("title", story.title),
        ("message", story.message),
    ):
        if value not in (None, ""):
            facts.add_row(name, _plain(value))
    console.print(facts)
    for delivery in story.deliveries:
        console.print(_delivery_table(delivery))


def _delivery_table(delivery: "DeliveryPublic") -> "Table":
    table = _table(str(delivery.channel), f"{delivery.state}: {delivery.reason}")
    table.add_row("address", _plain(delivery.address or "none"))
    table.add_row("since", _local(delivery.changed_at))
    if delivery.due_at is not None:
        table.add_row("next look", _local(delivery.due_at))
    for number, attempt in enumerate(delivery.attempts, start=1):
        came_of_it = f"{attempt.outcome}: {attempt.reason}" if attempt.outcome else "under way"
        table.add_row(f"attempt {number}", _plain(f"{_local(attempt.started_at)} by {attempt.provider}, {came_of_it}"))
        if attempt.provider_message_id:
            table.add_row("", _plain(f"the provider calls it {attempt.provider_message_id}"))
    return table


def _table(*headings: str) -> "Table":
    from rich import box
    from rich.markup import escape
    from rich.table import Table

    return Table(*[escape(_harmless(heading)) for heading in headings], box=box.SIMPLE_HEAD, pad_edge=False)


def _plain(value: object) -> "Text":
    """As it was written: brackets in it are no markup."""
    from rich.text import Text

    return Text(_harmless(str(value)))


def _harmless(text: str) -> str:
    """Without anything that a terminal would obey."""
    return "".join(sign if sign.isprintable() or sign == "\n" else "\N{REPLACEMENT CHARACTER}" for sign in text)


def _local(moment: datetime | None) -> str:
    return "" if moment is None else f"{moment.astimezone():%Y-%m-%d %H:%M:%S %Z}"
