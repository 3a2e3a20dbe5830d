"""`replies`: messages that people sent to our numbers."""

import asyncio
import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import typer

from property_alert_notification.cli.options import AsJson, command_group
from property_alert_notification.cli.tables import local, print_rows

if TYPE_CHECKING:
    from property_alert_notification.feedback.replies.models import InboundReply

_SHOWN = 60
"""Characters of a text in the table."""

app = command_group("Messages that people sent to our numbers.", start="replies list --refusals")


@app.command("list")
def list_(
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="How many at most.")] = 20,
    refusals: Annotated[bool, typer.Option("--refusals", help="Only those that look like a refusal.")] = False,
    every: Annotated[bool, typer.Option("--all", help="Also STOP, START, HELP and what was handled.")] = False,
    as_json: AsJson = False,
) -> None:
    r"""List messages that wait for a person, the newest first.

    STOP and START have taken effect. A message marked `refusal` looks as if its sender wants no more messages, and has
    stopped none. `property-alerts suppressions add` stops them.

    For example:

    `property-alerts replies list --refusals`\
    `property-alerts replies list --all --json`
    """
    found = asyncio.run(_newest(limit, refusals=refusals, every=every))
    if as_json:
        typer.echo(json.dumps([one.model_dump(mode="json", exclude={"key"}) for one in found], indent=2))
    elif not found:
        typer.echo("There are none.")
    else:
        columns = ("id", "received", "from", "channel", "word", "marked", "handled", "text")
        print_rows(columns, [_row(one) for one in found])


@app.command()
def handle(
    reply: Annotated[UUID, typer.Argument(metavar="REPLY", help="The id that `replies list` shows.")],
    again: Annotated[bool, typer.Option("--again", help="It waits for a person again.")] = False,
) -> None:
    r"""Mark a message as handled, so that `replies list` leaves it out; the audit record (`audit`) names the author.

    For example:

    `property-alerts replies handle 0199d0c5-7a3e-7bd2-a1c4-2f6f2f0f7a11`
    """
    from property_alert_notification.cli.store import actor, configured
    from property_alert_notification.feedback.replies.handle import set_handled

    async def work() -> None:
        async with configured() as database, database.transaction() as connection:
            await set_handled(connection, database.clock, reply, handled=not again, actor=actor())

    asyncio.run(work())
    typer.echo(f"{'Waits again' if again else 'Handled'}: {reply}")


async def _newest(limit: int, *, refusals: bool, every: bool) -> "Sequence[InboundReply]":
    from property_alert_notification.cli.store import configured
    from property_alert_notification.feedback.replies import queries
    from property_alert_notification.feedback.replies.words import Word

    wanted = queries.ReplyFilter() if every else queries.ReplyFilter(word=Word.OTHER, handled=False)
    if refusals:
        wanted = wanted._replace(looks_like_refusal=True)
    async with configured() as database, database.reading() as connection:
        return await queries.page(connection, wanted, limit=limit)


def _row(one: "InboundReply") -> tuple[object, ...]:
    marked = "refusal" * one.is_refusal
    return (
        one.id,
        local(one.received_at),
        one.sender,
        one.channel,
        one.word,
        marked,
        local(one.handled_at),
        _line(one.text),
    )


def _line(text: str) -> str:
    line = "".join(sign if sign.isprintable() else " " for sign in text)
    return line if len(line) <= _SHOWN else f"{line[: _SHOWN - 1]}…"
