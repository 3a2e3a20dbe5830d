"""`preferences explain`: the decision about a message to a person, and the result of each rule."""

import asyncio
import json
import re
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from property_alert_notification.base.errors import ConfigurationError
from property_alert_notification.base.vocabulary import CATEGORY, Channel
from property_alert_notification.cli.options import AsJson, command_group
from property_alert_notification.cli.people import OfTests, known_of
from property_alert_notification.cli.tables import local, print_facts, print_rows

if TYPE_CHECKING:
    from collections.abc import Sequence

    from property_alert_notification.cli.people import Known
    from property_alert_notification.people.effective.answer import EffectiveDecision
    from property_alert_notification.people.effective.steps import Step

app = command_group("Explain which messages users get, when, and by which rule.", start="preferences explain 1")


@app.callback()
def _group() -> None:
    """Without this callback typer would make the only command the group itself."""


@app.command()
def explain(
    user_id: Annotated[int, typer.Argument(metavar="ID", min=0, help="The id of the user in the User service.")],
    channel: Annotated[
        Channel | None,
        typer.Option(help="The channel of the message. Default: each channel.", case_sensitive=False),
    ] = None,
    category: Annotated[str, typer.Option(help="The category of the message.")] = "general",
    at: Annotated[
        str | None, typer.Option(help="When the message is due: 2026-12-01T22:00:00+01:00. Default: now.")
    ] = None,
    urgent: Annotated[bool, typer.Option("--urgent", help="The message is urgent.")] = False,
    test: OfTests = False,
    as_json: AsJson = False,
) -> None:
    r"""Explain the decision about a message to a user at a moment: the result of every rule, and the rule that decides.

    The first rules decide whether the message may be sent: the first one that applies wins. If the message may be sent,
    the other rules decide when. Nothing is sent. The decision uses the data in the store as it is now, also for a
    moment in the future or in the past.

    For example:

    `property-alerts preferences explain 1`\
    `property-alerts preferences explain 1 --category listing_alert --channel sms --at 2026-12-01T22:00:00+01:00`\
    `property-alerts preferences explain 1 --channel sms --category viewing --urgent --json`
    """
    if not re.fullmatch(CATEGORY, category):
        raise ConfigurationError("--category: small letters, digits, - and _. Example: --category listing_alert")
    moment = None if at is None else _moment(at)
    known = asyncio.run(known_of(user_id, test=test))
    channels = list(Channel) if channel is None else [channel]
    found = [_explained(known, one, category, moment or known.now, urgent=urgent) for one in channels]
    if as_json:
        shown = [
            decision.model_dump(mode="json") | {"rules": [step._asdict() for step in steps]}
            for decision, steps in found
        ]
        typer.echo(json.dumps(shown if channel is None else shown[0], indent=2))
    else:
        for decision, steps in found:
            _show(user_id, decision, steps)


def _explained(
    known: "Known", channel: Channel, category: str, at: datetime, *, urgent: bool
) -> "tuple[EffectiveDecision, Sequence[Step]]":
    from property_alert_notification.people.decide import Message
    from property_alert_notification.people.effective.answer import answer
    from property_alert_notification.people.effective.steps import steps_of

    message = Message(channel, known.categories.of(category), urgent=urgent)
    if channel in known.unused:
        return answer(message, known.person, at, [], is_used=False), []
    uses = known.uses[channel]
    return answer(message, known.person, at, uses), steps_of(message, known.person, at, uses)


def _moment(at: str) -> datetime:
    from property_alert_notification.base import times

    try:
        return times.parse(at)
    except ValueError as error:
        raise ConfigurationError(f"--at: {error}") from None


def _show(user_id: int, found: "EffectiveDecision", steps: "Sequence[Step]") -> None:
    facts = [
        ("message", f"{found.category} by {found.channel}"),
        ("at", local(found.at)),
        ("decision", f"{found.decision} until {local(found.until)}" if found.until else found.decision),
        ("why", found.reason),
        ("rule", found.rule),
        ("reason code", found.reason_code),
    ]
    print_facts("user", str(user_id), facts)
    if steps:
        print_rows(("rule", "", "result"), [(one.rule, one.part, one.result) for one in steps])
    typer.echo()
