"""`notifications`: what became of each, read from the store itself, also while no API runs."""

import asyncio
import json
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import typer

from property_alert_notification.cli.tables import WIDEST_ROW, headed, local, plain
from property_alert_notification.vocabulary import NotificationStatus

if TYPE_CHECKING:
    from rich.table import Table

    from property_alert_notification.notifications.lists import Summary
    from property_alert_notification.notifications.schemas import DeliveryPublic, NotificationStory
    from property_alert_notification.vocabulary import DeliveryState

app = typer.Typer(
    help="See what became of notifications, and why.",
    epilog="Start with: property-alerts notifications list",
    no_args_is_help=True,
    rich_markup_mode="markdown",
)

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for machines: times are UTC.")]


@app.command("list")
def list_newest(
    user: Annotated[int | None, typer.Option(help="Only those for this user_id.")] = None,
    status: Annotated[
        NotificationStatus | None,
        typer.Option(help="Only those with this status.", case_sensitive=False),
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
    from property_alert_notification.preflight import load_settings

    return load_settings().database_url


async def _newest(url: str, user: int | None, status: NotificationStatus | None, limit: int) -> list[dict[str, Any]]:
    from property_alert_notification.cli.store import reading
    from property_alert_notification.deliveries import queries as deliveries
    from property_alert_notification.notifications import lists

    filters = lists.Filters(user_id=user, status=status)
    async with reading(url) as database, database.reading() as connection:
        page = await database.look(lists.find(filters, before=None, limit=limit))
        found = page.items
        while page.next is not None and len(found) < limit:
            page = await database.look(lists.find(filters, before=page.next, limit=limit - len(found)))
            found += page.items
        states = await deliveries.states_of(connection, [summary.id for summary in found])
    return [_row(summary, states[summary.id]) for summary in found]


def _row(summary: "Summary", states: dict[str, "DeliveryState"]) -> dict[str, Any]:
    shown = ("id", "accepted_at", "user_id", "category", "reference", "urgent", "status")
    return {name: getattr(summary, name) for name in shown} | {"deliveries": states}


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
    table = headed("id", "accepted", "user", *Channel)
    for one in found:
        otherwise = "not used" if one["deliveries"] else str(one["status"])
        states = [one["deliveries"].get(channel, otherwise) for channel in Channel]
        accepted = f"{one['accepted_at'].astimezone():%m-%d %H:%M}"
        table.add_row(*[plain(cell) for cell in (one["id"], accepted, one["user_id"], *states)])
    Console(width=WIDEST_ROW).print(table)


def _show_story(story: "NotificationStory") -> None:
    from rich.console import Console

    console = Console()
    facts = headed("notification", str(story.id))
    for name, value in (
        ("status", story.status),
        ("user", story.user_id),
        ("category", story.category),
        ("reference", story.reference),
        ("accepted", local(story.accepted_at)),
        ("by", story.caller),
        ("test", "yes" if story.test else None),
        ("send at", local(story.send_at)),
        ("expires", local(story.expires_at)),
        ("cancelled", local(story.cancelled_at)),
        ("urgent", "yes" if story.urgent else None),
        ("only", ", ".join(story.channels or [])),
        ("no address", ", ".join(story.without_address)),
        ("title", story.title),
        ("message", story.message),
    ):
        if value not in (None, ""):
            facts.add_row(name, plain(value))
    console.print(facts)
    for delivery in story.deliveries:
        console.print(_delivery_table(delivery))


def _delivery_table(delivery: "DeliveryPublic") -> "Table":
    table = headed(str(delivery.channel), f"{delivery.state}: {delivery.reason}")
    table.add_row("address", plain(delivery.address or "none"))
    table.add_row("since", local(delivery.changed_at))
    if delivery.due_at is not None:
        table.add_row("next look", local(delivery.due_at))
    for number, attempt in enumerate(delivery.attempts, start=1):
        came_of_it = f"{attempt.outcome}: {attempt.reason}" if attempt.outcome else "under way"
        table.add_row(f"attempt {number}", plain(f"{local(attempt.started_at)} by {attempt.provider}, {came_of_it}"))
        if attempt.provider_message_id:
            table.add_row("", plain(f"the provider calls it {attempt.provider_message_id}"))
    return table
