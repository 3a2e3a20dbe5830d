"""`providers`: the providers of each channel, their order, limits and breakers."""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import typer

from property_alert_notification.base.vocabulary import BreakerState, Channel
from property_alert_notification.cli.options import AsJson
from property_alert_notification.cli.tables import local, print_rows

if TYPE_CHECKING:
    from property_alert_notification.base.settings import Settings
    from property_alert_notification.channels.base import Limits
    from property_alert_notification.operators.providers.models import ReportedBreaker

NO_PROVIDER = "none"
"""The value that disables a channel."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One provider of one channel."""

    channel: str
    order: int | None
    """Its place among those of the settings; None when only a worker knows it."""
    provider: str
    limits: "Limits | None"
    reported: "list[ReportedBreaker]"
    """The report of each living worker."""


def providers(
    as_json: AsJson = False,
) -> None:
    r"""List the providers of each channel in their order, their limits for each worker, and their breakers.

    Order and limits are those in the settings of this command. The states of the breakers are those that workers
    reported within the last minute.

    For example:

    `property-alerts providers`\
    `property-alerts providers --json`
    """
    from property_alert_notification.preflight import load_settings

    entries = asyncio.run(_entries(load_settings()))
    if as_json:
        typer.echo(json.dumps([_as_json(entry) for entry in entries], indent=2))
    else:
        _show(entries)


async def _entries(settings: "Settings") -> list[Entry]:
    from property_alert_notification.base.console import announce
    from property_alert_notification.channels.base import Tools
    from property_alert_notification.channels.registry import chosen
    from property_alert_notification.cli.store import reading
    from property_alert_notification.operators.providers import queries

    async with reading(settings.database_url) as database:
        tools = Tools(settings, database, database.clock, announce)
        ordered = [(channel, name) for channel in Channel for name in chosen(channel, settings)]
        limits = [await _limits(channel, name, tools) for channel, name in ordered]
        async with database.reading() as connection:
            reported = _living(await queries.list_all(connection), database.clock.now())
    entries = [
        Entry(channel, chosen(channel, settings).index(name) + 1, name, limit, _of(reported, channel, name))
        for (channel, name), limit in zip(ordered, limits, strict=True)
    ]
    unknown = sorted(
        {(one.channel, one.provider) for one in reported} - {(str(channel), name) for channel, name in ordered}
    )
    entries += [Entry(channel, None, NO_PROVIDER, None, []) for channel in Channel if not chosen(channel, settings)]
    return entries + [Entry(channel, None, name, None, _of(reported, channel, name)) for channel, name in unknown]


async def _limits(channel: Channel, provider: str, tools: Any) -> "Limits":
    from property_alert_notification.channels.registry import create_sender

    sender = create_sender(channel, provider, tools)
    await sender.close()
    return sender.limits


def _living(reported: "Sequence[ReportedBreaker]", now: datetime) -> "list[ReportedBreaker]":
    from property_alert_notification.operators.providers.queries import LIVING

    return [one for one in reported if now - one.reported_at <= LIVING]


def _of(reported: "Sequence[ReportedBreaker]", channel: str, provider: str) -> "list[ReportedBreaker]":
    return [one for one in reported if (one.channel, one.provider) == (channel, provider)]


def _as_json(entry: Entry) -> dict[str, Any]:
    from pydantic_core import to_jsonable_python

    facts: dict[str, Any] = to_jsonable_python(
        {
            "channel": entry.channel,
            "order": entry.order,
            "provider": entry.provider,
            "at_once": entry.limits.at_once if entry.limits else None,
            "per_second": entry.limits.per_second if entry.limits else None,
            "breakers": [one.model_dump(exclude={"channel", "provider"}) for one in entry.reported],
        }
    )
    return facts


def _show(entries: Sequence[Entry]) -> None:
    rows = []
    for entry in entries:
        limits = ("", "") if entry.limits is None else (entry.limits.at_once, entry.limits.per_second or "no limit")
        rows.append((entry.channel, entry.order or "", entry.provider, *limits, _in_words(entry)))
    print_rows(("channel", "order", "provider", "at once", "per second", "breaker"), rows)


def _in_words(entry: Entry) -> str:
    reported = entry.reported
    if entry.provider == NO_PROVIDER:
        return "the channel is not used"
    if not reported:
        return "no worker reports"
    failing = [one for one in reported if one.state != BreakerState.CLOSED]
    workers = f"{len(reported)} worker{'s' if len(reported) > 1 else ''}"
    if not failing:
        return f"closed ({workers})"
    first = failing[0]
    state = first.state.replace("_", "-")
    again = f", tried again at {local(first.opens_at)}" if first.opens_at else ""
    return f"{state} ({len(failing)} of {workers}) since {local(first.changed_at)}{again}: {first.reason}"
