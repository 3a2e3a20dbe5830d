"""`pause`, `resume` and `pauses`: stop sending, and send again."""

import asyncio
import json
import re
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from property_alert_notification.base.errors import ConfigurationError
from property_alert_notification.base.vocabulary import Channel
from property_alert_notification.cli.options import AsJson
from property_alert_notification.cli.tables import local, print_rows
from property_alert_notification.operators.pauses.rules import EVERYTHING

if TYPE_CHECKING:
    from property_alert_notification.operators.pauses.models import Pause
    from property_alert_notification.operators.pauses.service import PauseService

Name = Annotated[
    str, typer.Argument(metavar="[CHANNEL|CATEGORY]", help="What to stop. A channel's name means the channel.")
]

Answer = TypeVar("Answer")


def pause(name: Name = EVERYTHING) -> None:
    r"""Stop sending a channel, a category, or everything, on every worker within five seconds.

    Accepting goes on and nothing is lost: what is paused is held, and its detail says so. What is at a provider
    already goes on.

    For example:

    `property-alerts pause email`\
    `property-alerts pause listing_alert`\
    `property-alerts pause`
    """
    found = _control(name, lambda control: control.pause(name))
    typer.echo(f"{_describe(name)} is paused, since {local(found.paused_at)} by {found.paused_by}.")


def resume(name: Name = EVERYTHING) -> None:
    r"""Resume what `pause` stopped; give the name that you paused. Held deliveries are sent at once.

    For example:

    `property-alerts resume email`\
    `property-alerts resume`
    """
    _control(name, lambda control: control.resume(name))
    typer.echo(f"{_describe(name)} goes on.")
    if others := asyncio.run(_pauses()):
        typer.echo(f"Still paused: {', '.join(pause.name for pause in others)}.")


def pauses(
    as_json: AsJson = False,
) -> None:
    r"""List what is paused, since when and by whom.

    For example:

    `property-alerts pauses`\
    `property-alerts pauses --json`
    """
    from pydantic_core import to_jsonable_python

    found = asyncio.run(_pauses())
    if as_json:
        rows = [pause.model_dump(exclude={"resumed_at"}) for pause in found]
        typer.echo(json.dumps(to_jsonable_python(rows), indent=2))
    elif not found:
        typer.echo("Nothing is paused.")
    else:
        _show(found)


def _describe(name: str) -> str:
    if name == EVERYTHING:
        return "All sending"
    kind = "channel" if name in set(Channel) else "category"
    return f"Sending of the {kind} {name}"


def _control(name: str, act: "Callable[[PauseService], Awaitable[Answer]]") -> Answer:
    from property_alert_notification.cli.store import actor, configured
    from property_alert_notification.operators.pauses.rules import NAME
    from property_alert_notification.operators.pauses.service import PauseService

    if not re.fullmatch(NAME, name):
        raise ConfigurationError("CHANNEL|CATEGORY: nothing can be called so. Example: property-alerts pause email")

    async def work() -> Answer:
        async with configured() as database, database.transaction() as connection:
            return await act(PauseService(connection, database.clock, actor()))

    return asyncio.run(work())


async def _pauses() -> "list[Pause]":
    from property_alert_notification.cli.store import configured
    from property_alert_notification.operators.pauses import queries

    async with configured() as database, database.reading() as connection:
        return [pause for pause in await queries.list_all(connection) if pause.holds]


def _show(found: "list[Pause]") -> None:
    print_rows(("paused", "since", "by"), [(one.name, local(one.paused_at), one.paused_by) for one in found])
