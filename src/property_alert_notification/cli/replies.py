"""`replies`: messages that people sent to our numbers."""

import asyncio
import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from property_alert_notification.cli.options import AsJson
from property_alert_notification.cli.tables import local, print_rows

if TYPE_CHECKING:
    from property_alert_notification.feedback.replies.models import InboundReply

_SHOWN = 60
"""Characters of a text in the table."""


def replies(
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="How many at most.")] = 20,
    refusals: Annotated[bool, typer.Option("--refusals", help="Only those that look like a refusal.")] = False,
    every: Annotated[bool, typer.Option("--all", help="Also STOP, START and HELP.")] = False,
    as_json: AsJson = False,
) -> None:
    r"""List messages that people sent to our numbers, the newest first.

    STOP and START have taken effect. Everything else waits for a person: a message marked `refusal` looks as if its
    sender wants no more messages, and has stopped none. `property-alerts suppressions add` stops them.

    For example:

    `property-alerts replies --refusals`\
    `property-alerts replies --all --json`
    """
    found = asyncio.run(_newest(limit, refusals=refusals, every=every))
    if as_json:
        typer.echo(json.dumps([one.model_dump(mode="json", exclude={"key"}) for one in found], indent=2))
    elif not found:
        typer.echo("There are none.")
    else:
        print_rows(
            ("received", "from", "channel", "word", "marked", "text"),
            [
                (local(one.received_at), one.sender, one.channel, one.word, "refusal" * one.is_refusal, _line(one.text))
                for one in found
            ],
        )


async def _newest(limit: int, *, refusals: bool, every: bool) -> "Sequence[InboundReply]":
    from property_alert_notification.cli.store import configured
    from property_alert_notification.feedback.replies import queries
    from property_alert_notification.feedback.replies.words import Word

    async with configured() as database, database.reading() as connection:
        words = [] if every else [Word.OTHER]
        return await queries.newest(connection, limit=limit, words=words, refusals=refusals)


def _line(text: str) -> str:
    line = "".join(sign if sign.isprintable() else " " for sign in text)
    return line if len(line) <= _SHOWN else f"{line[: _SHOWN - 1]}…"
