"""`users show`: the preferences and the profile of one user, and the current decision for each category.

`users consents`: what the user opted in to and out of. `users page-link`: the link to the user's preference page.
`users export` and `users erase` are in `personal_data`.
"""

import asyncio
import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any

import typer

from property_alert_notification.base.errors import ConfigurationError
from property_alert_notification.base.vocabulary import Channel
from property_alert_notification.cli import personal_data
from property_alert_notification.cli.options import AsJson, command_group
from property_alert_notification.cli.people import OfTests, known_of
from property_alert_notification.cli.tables import print_facts, print_rows

if TYPE_CHECKING:
    from property_alert_notification.cli.people import Known
    from property_alert_notification.people.consent.export import ExportFormat
    from property_alert_notification.people.effective.answer import EffectiveDecision
    from property_alert_notification.people.preferences.rules import PersonalRules, Preferences

app = command_group(
    "Show the preferences and profiles of users, and which messages they get; export and erase their data.",
    start="users show 1",
)
app.command()(personal_data.export)
app.command()(personal_data.erase)

_LARGEST_ID = 2**63 - 1
_LONGEST_DAYS = 3_650
"""A link for messages is made by the service, and does not expire; one that is handed out by hand does."""

DAMAGED = "damaged in the store: messages that they may forbid are held"


@app.command()
def show(
    user_id: Annotated[int, typer.Argument(metavar="ID", min=0, help="The id of the user in the User service.")],
    test: OfTests = False,
    as_json: AsJson = False,
) -> None:
    r"""Show one user: preferences, profile, and the current decision about a message of each category and channel.

    It prints the addresses in the profile, which are personal data. `preferences explain` shows the result of each rule
    for one category and channel.

    For example:

    `property-alerts users show 1`\
    `property-alerts users show 1 --json`
    """
    known = asyncio.run(known_of(user_id, test=test))
    decisions = list(_decisions(known))
    facts = [*_preference_facts(known.person.preferences), *_profile_facts(known), ("local time", _local_time(known))]
    if as_json:
        found = {"user_id": user_id, **_as_json(known), "decisions": [one.model_dump(mode="json") for one in decisions]}
        typer.echo(json.dumps(found, indent=2))
        return
    print_facts("user", str(user_id), facts)
    rows = [(one.category, one.channel, one.decision, one.rule, one.reason) for one in decisions]
    print_rows(("category", "channel", "now", "rule", "why"), rows)


@app.command()
def consents(
    user_id: Annotated[int, typer.Argument(metavar="ID", min=0, help="The id of the user in the User service.")],
    format_: Annotated[
        str, typer.Option("--format", metavar="csv|ndjson", help="A CSV file, or one JSON object per line.")
    ] = "csv",
) -> None:
    r"""Print the consent records of one user, the newest first: every opt-in and opt-out, with its source.

    Records about the addresses of the user's profile, and of the user's stored notifications, are included.

    For example:

    `property-alerts users consents 7 > consents.csv`\
    `property-alerts users consents 7 --format ndjson`
    """
    from property_alert_notification.people.consent.export import ExportFormat

    if format_ not in set(ExportFormat):
        raise ConfigurationError(f"--format: must be one of {', '.join(ExportFormat)}")
    asyncio.run(_print_consents(user_id, ExportFormat(format_)))


async def _print_consents(user_id: int, form: "ExportFormat") -> None:
    from property_alert_notification.cli.store import reading
    from property_alert_notification.notifications.recipients.queries import addresses_of
    from property_alert_notification.people.consent.export import export
    from property_alert_notification.people.consent.look_up import subjects_of
    from property_alert_notification.people.suppressions.subjects import Subjects
    from property_alert_notification.preflight import check_secrets, load_settings

    settings = load_settings()
    check_secrets(settings)
    async with reading(settings.database_url) as database:
        async with database.reading() as connection:
            about = await subjects_of(connection, user_id, Subjects(settings.secrets), addresses_of)
        async for part in export(database, about, form):
            typer.echo(part, nl=False)


@app.command("page-link")
def page_link(
    user_id: Annotated[
        int, typer.Argument(metavar="ID", min=0, max=_LARGEST_ID, help="The id of the user in the User service.")
    ],
    valid_for: Annotated[
        str, typer.Option("--valid-for", metavar="DURATION", help="How long the link works: 2h, 30d.")
    ] = "30d",
    test: OfTests = False,
) -> None:
    r"""Print the link to a user's preference page, where the user sees and changes what they receive.

    Whoever has the link can open the page, without a password: send it to nobody but the user. It begins with
    PUBLIC_URL. The store is not needed, and the user need not be known to it.

    For example:

    `property-alerts users page-link 7`\
    `property-alerts users page-link 7 --valid-for 2h`
    """
    from property_alert_notification.base import durations
    from property_alert_notification.base.clock import Clock
    from property_alert_notification.feedback.preference_page.links import page_url
    from property_alert_notification.feedback.unsubscribe.tokens import Link, Tokens
    from property_alert_notification.preflight import load_settings

    try:
        valid = durations.parse(valid_for)
    except ValueError as error:
        raise ConfigurationError(f"--valid-for: {error}") from None
    if valid.days > _LONGEST_DAYS:
        raise ConfigurationError(f"--valid-for: at most {_LONGEST_DAYS}d")
    settings = load_settings()
    link = Link(user_id, test=test, expires_at=Clock().now() + valid)
    typer.echo(page_url(settings.base_url, Tokens(settings.link_keys), link))


def _decisions(known: "Known") -> "Iterator[EffectiveDecision]":
    from property_alert_notification.people.decide import Message
    from property_alert_notification.people.effective.answer import answer

    preferences = known.person.preferences
    frequencies = preferences.rules.frequencies if preferences is not None else {}
    for name in sorted(known.defined.keys() | frequencies.keys()):
        for channel in Channel:
            message = Message(channel, known.categories.of(name))
            yield answer(message, known.person, known.now, known.uses[channel], is_used=channel not in known.unused)


def _as_json(known: "Known") -> dict[str, Any]:

    from pydantic_core import to_jsonable_python

    from property_alert_notification.people.preferences.conversion import fields_of
    from property_alert_notification.people.preferences.rules import is_unreadable

    preferences, profile = known.person.preferences, known.person.profile
    damaged = {"rules": DAMAGED} if is_unreadable(preferences) else {}
    fields = preferences and {"channels": preferences.switches, **fields_of(preferences.rules), **damaged}
    held = None if profile is None else profile._asdict()
    shown: dict[str, Any] = to_jsonable_python({"preferences": fields, "profile": held}, by_alias=True)
    return shown


def _preference_facts(preferences: "Preferences | None") -> "Iterator[tuple[str, object]]":
    from property_alert_notification.people.preferences.rules import is_unreadable

    if preferences is None:
        yield "channels", "none: all consent was withdrawn"
        return
    yield "channels", ", ".join(f"{name} {'on' if on else 'off'}" for name, on in preferences.switches.items())
    if is_unreadable(preferences):
        yield "rules", f"{DAMAGED}. A PUT of the user's preferences replaces them"
    yield from _rule_facts(preferences.rules)


def _rule_facts(rules: "PersonalRules") -> "Iterator[tuple[str, object]]":
    from property_alert_notification.people.preferences.rule_fields import Weekday

    days = list(Weekday)
    if rules.language:
        yield "language", rules.language
    if rules.time_zone:
        yield "time zone", rules.time_zone
    for hours in rules.quiet_hours:
        on = ", ".join(days[day] for day in sorted(hours.days))
        yield "quiet hours", f"{on} {hours.start:%H:%M} to {hours.end:%H:%M}"
    for channel, cap in rules.caps.items():
        counts = [f"{count} a {name}" for count, name in ((cap.day, "day"), (cap.week, "week")) if count is not None]
        yield "cap", f"{channel} {', '.join(counts)}"
    for category, by_channel in rules.frequencies.items():
        yield "frequency", f"{category} {', '.join(f'{channel} {often}' for channel, often in by_channel.items())}"
    if (digest := rules.digest) is not None:
        yield "digests", f"{digest.at:%H:%M}, weekly on {days[digest.weekday]}, monthly on day {digest.day}"


def _profile_facts(known: "Known") -> "Iterator[tuple[str, object]]":
    profile = known.person.profile
    if profile is None:
        return
    for name in ("name", "email", "phone_number", "language", "time_zone", "country"):
        if value := getattr(profile, name):
            yield f"profile: {name.replace('_', ' ')}", value


def _local_time(known: "Known") -> str:
    """The user's local time, on which quiet hours and legal windows depend."""
    from property_alert_notification.people.hours import current
    from property_alert_notification.people.hours.hold import where

    zones = where(known.person, (), current.default_time_zone()).zones
    if len(zones) > 1:
        return f"unknown: any of {len(zones)} time zones"
    return f"{known.now.astimezone(zones[0]):%a %H:%M} in {zones[0].key}"
