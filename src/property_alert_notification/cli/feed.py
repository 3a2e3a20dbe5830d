"""`feed`: how far listings are replicated from RESO Web APIs, and replaying a part."""

import asyncio
import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from property_alert_notification.base.errors import ConfigurationError
from property_alert_notification.cli.options import AsJson, command_group
from property_alert_notification.cli.tables import local, print_rows

if TYPE_CHECKING:
    from property_alert_notification.homes.feeds.status import FeedStatus

app = command_group("Feeds of listings: RESO Web APIs.", start="feed status")

_COLUMNS = ("feed", "state", "records", "until", "waiting", "refused", "checked", "problem")


@app.command()
def status(as_json: AsJson = False) -> None:
    r"""Show how far each feed is replicated, what waits, and what fails.

    For example:

    `property-alerts feed status`\
    `property-alerts feed status --json`
    """
    found = asyncio.run(_statuses())
    if as_json:
        typer.echo(json.dumps([one.as_json() for one in found], indent=2))
    elif not found:
        typer.echo("There are none: set FEED_URL, or see docs/listings.md.")
    else:
        print_rows(_COLUMNS, [_row(one) for one in found])


@app.command()
def replay(
    feed: Annotated[str, typer.Argument(metavar="FEED", help="The name that `feed status` shows.")],
    every: Annotated[bool, typer.Option("--all", help="Read all records again.")] = False,
    since: Annotated[
        str | None, typer.Option(metavar="TIME", help="Read the records again that changed since then.")
    ] = None,
    from_sequence: Annotated[
        int | None, typer.Option(min=0, max=2**63 - 1, help="Take the events again from this number on.")
    ] = None,
) -> None:
    r"""Read a part of a feed again. Records that are stored already are not told again.

    A worker begins within half a minute.

    For example:

    `property-alerts feed replay nwmls --since 2026-11-01T00:00:00Z`\
    `property-alerts feed replay nwmls --from-sequence 1102`\
    `property-alerts feed replay nwmls --all`
    """
    if [every, since is not None, from_sequence is not None].count(True) != 1:
        raise ConfigurationError("replay: give one of --all, --since and --from-sequence")
    asyncio.run(_replay(feed, None if since is None else _time(since), from_sequence))
    typer.echo(f"{feed} will be read again. See: property-alerts feed status")


def _time(text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise ConfigurationError("--since: must be a time, such as 2026-11-01T00:00:00Z") from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


async def _statuses() -> "list[FeedStatus]":
    from property_alert_notification.base.clock import Clock
    from property_alert_notification.cli.store import configured
    from property_alert_notification.homes.feeds.settings import configured_feeds
    from property_alert_notification.homes.feeds.status import statuses

    async with configured() as database:
        return await statuses(database, Clock(), configured_feeds())


async def _replay(feed: str, since: datetime | None, sequence: int | None) -> None:
    from property_alert_notification.base.clock import Clock
    from property_alert_notification.cli.store import actor, configured
    from property_alert_notification.homes.feeds.settings import configured_feeds
    from property_alert_notification.homes.feeds.status import replay as replay_feed

    feeds = configured_feeds()
    if feed not in feeds:
        names = ", ".join(feeds) or "none"
        raise ConfigurationError(f"replay: the settings have no feed with the name {feed!r}; there are: {names}")
    async with configured() as database:
        await replay_feed(database, Clock(), feed, feeds[feed], since=since, sequence=sequence, actor=actor())


def _row(one: "FeedStatus") -> tuple[str, ...]:
    position = one.position
    return (
        one.feed,
        one.state,
        one.progress,
        local(position.modified_at) if position and position.modified_at else "",
        _number(one.waiting),
        _number(position.refused if position else 0),
        local(position.checked_at) if position and position.checked_at else "",
        one.problem,
    )


def _number(value: Any) -> str:
    return f"{value:,}"
