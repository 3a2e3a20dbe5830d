"""`keys` and `audit`: the API keys, and the audit record."""

import asyncio
import json
import re
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from property_alert_notification.base.errors import ConfigurationError
from property_alert_notification.base.vocabulary import Scope
from property_alert_notification.cli.options import AsJson, command_group
from property_alert_notification.cli.tables import local, print_rows

if TYPE_CHECKING:
    from property_alert_notification.api.access.models import ApiKey, AuditEntry
    from property_alert_notification.api.access.rates import Rate
    from property_alert_notification.api.access.service import KeyService

app = command_group(
    "Create, rotate and revoke the API keys of callers.", start="keys create --name crm --scope notifications:write"
)

_UNITS = {"s": "seconds", "min": "minutes", "h": "hours", "d": "days"}

Test = Annotated[bool, typer.Option("--test", help="A test key: its messages never reach a real provider.")]

Answer = TypeVar("Answer")


@app.command()
def create(
    name: Annotated[str, typer.Option(help="The caller that uses it. Letters, digits, dots, dashes and underscores.")],
    scope: Annotated[list[Scope], typer.Option(help="A scope of the key; may be given more than once.")],
    test: Test = False,
    expires: Annotated[
        str | None, typer.Option(help="How long it is valid, as 90d, 12h, 30min. Default: for ever.")
    ] = None,
    rate: Annotated[str | None, typer.Option(help="Calls it may make per s, min, h or day. Default: no limit.")] = None,
) -> None:
    r"""Create an API key and print it, alone, on standard output. It is shown only once.

    A caller has at most two keys at a time; `rotate` exchanges them.

    For example:

    `property-alerts keys create --name crm --scope notifications:write`\
    `property-alerts keys create --name crm --scope notifications:write --rate 100/min --expires 90d`\
    `property-alerts keys create --name crm --scope notifications:write --scope notifications:read --test`
    """
    from property_alert_notification.api.access.service import NAME

    if not re.fullmatch(NAME, name):
        raise ConfigurationError("--name: up to 100 letters, digits, dots, dashes and underscores. Example: --name crm")
    lifetime = None if expires is None else _duration("--expires", expires)
    per = None if rate is None else _rate(rate)

    _make_sure_it_can_be_shown()
    key = _run(lambda key_service: key_service.create(name, scope, test=test, lifetime=lifetime, rate=per))

    typer.echo(f"A {'test' if test else 'live'} key for {name}. Keep it safe, it is not shown again:", err=True)
    typer.echo(key)


@app.command("list")
def list_all(as_json: AsJson = False) -> None:
    r"""List all API keys, by caller: first characters, scopes, time of last use. No secret is shown.

    For example:

    `property-alerts keys list`\
    `property-alerts keys list --json`
    """
    keys, now = asyncio.run(_read_keys())
    if as_json:
        typer.echo(json.dumps([_as_json(key, now) for key in keys], indent=2))
    else:
        _show_keys(keys, now)


@app.command()
def rotate(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The caller, as `list` shows it.")],
    test: Test = False,
    overlap: Annotated[str, typer.Option(help="How long the old key stays valid, as 24h, 30min, 7d.")] = "24h",
) -> None:
    r"""Create a key that replaces a caller's only one, and print it, alone, on standard output.

    It allows what the old one allows. The old one goes on working for a while, so that the caller can change over.

    For example:

    `property-alerts keys rotate crm`\
    `property-alerts keys rotate crm --overlap 7d`
    """
    ends = _duration("--overlap", overlap)

    _make_sure_it_can_be_shown()
    key = _run(lambda key_service: key_service.rotate(name, test=test, overlap=ends))

    typer.echo(f"The new key of {name}; the old one works for another {overlap}. It is not shown again:", err=True)
    typer.echo(key)


@app.command()
def revoke(
    prefix: Annotated[str | None, typer.Argument(metavar="PREFIX", help="How the key begins, as `list` shows.")] = None,
    name: Annotated[str | None, typer.Option(help="All keys of this caller instead.")] = None,
    test: Test = False,
) -> None:
    r"""Revoke a key, or all keys of a caller; every process rejects them within five seconds.

    For example:

    `property-alerts keys revoke pa_live_4fT9xQ2b`\
    `property-alerts keys revoke --name crm`
    """
    if (prefix is None) == (name is None):
        raise ConfigurationError("PREFIX or --name: give one of them. Example: property-alerts keys revoke --name crm")
    if name is not None:
        revoked = _run(lambda key_service: key_service.revoke_all(name, test=test))
    else:
        revoked = [_run(lambda key_service: key_service.revoke(prefix or ""))]
    for key in revoked:
        typer.echo(f"Revoked {key.prefix}… of {key.name}.", err=True)


def audit(
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="How many at most.")] = 20,
    as_json: AsJson = False,
) -> None:
    r"""List administrative changes, the newest first: who did what, and when.

    For example:

    `property-alerts audit`\
    `property-alerts audit --limit 100 --json`
    """
    from pydantic_core import to_jsonable_python

    found = asyncio.run(_changes(limit))
    if as_json:
        typer.echo(json.dumps(to_jsonable_python([entry.model_dump() for entry in found]), indent=2))
    else:
        _show_changes(found)


def _duration(option: str, text: str) -> timedelta:
    from property_alert_notification.base import times
    from property_alert_notification.base.clock import Clock

    parts = re.fullmatch(r"([1-9][0-9]{0,5})(s|min|h|d)", text)
    if parts is None:
        raise ConfigurationError(f"{option}: must be a number of s, min, h or d. Example: {option} 90d")
    duration = timedelta(**{_UNITS[parts[2]]: int(parts[1])})
    try:
        times.check(Clock().now() + duration)
    except ValueError as error:
        raise ConfigurationError(f"{option}: its end {error}. Example: {option} 90d") from None
    return duration


def _rate(text: str) -> "Rate":
    from property_alert_notification.api.access.rates import parse_rate

    try:
        return parse_rate(text)
    except ValueError as error:
        raise ConfigurationError(f"--rate: {error}") from None


def _make_sure_it_can_be_shown() -> None:
    from property_alert_notification.base.console import has_output

    if not has_output():
        raise ConfigurationError("standard output is closed: the key could never be seen, so none is made")


def _run(change: "Callable[[KeyService], Awaitable[Answer]]") -> Answer:
    """Make one change, recorded under the name of the operator who typed the command."""
    from property_alert_notification.api.access.service import KeyService
    from property_alert_notification.cli.store import actor, configured

    async def make() -> Answer:
        async with configured() as database:
            return await change(KeyService(database, database.clock, actor=actor()))

    return asyncio.run(make())


async def _read_keys() -> "tuple[list[ApiKey], datetime]":
    """Every key, and what time it is."""
    from property_alert_notification.api.access import queries
    from property_alert_notification.cli.store import configured

    async with configured() as database, database.reading() as connection:
        return await queries.list_all(connection), database.clock.now()


async def _changes(limit: int) -> "Sequence[AuditEntry]":
    from property_alert_notification.api.access import queries
    from property_alert_notification.cli.store import configured

    async with configured() as database, database.reading() as connection:
        return await queries.changes(connection, limit=limit)


def _state(key: "ApiKey", now: datetime) -> str:
    if key.revoked_at is not None:
        return "revoked"
    if not key.scopes:
        return "damaged"
    return "expired" if key.expires_at is not None and key.expires_at <= now else "works"


def _as_json(key: "ApiKey", now: datetime) -> dict[str, Any]:
    from pydantic_core import to_jsonable_python

    shown = key.model_dump(exclude={"digest", "rate_limit", "rate_period"})
    rate = None if key.rate is None else str(key.rate)
    facts: dict[str, Any] = to_jsonable_python(
        shown | {"scopes": key.scopes.split(), "rate": rate, "state": _state(key, now)}
    )
    return facts


def _show_keys(keys: "Sequence[ApiKey]", now: datetime) -> None:
    if not keys:
        typer.echo("There are none. Make one with: property-alerts keys create --name crm --scope notifications:write")
        return
    rows = [
        (
            key.name,
            key.prefix,
            _state(key, now),
            key.rate or "",
            local(key.expires_at),
            local(key.last_used_at) or "never",
            key.scopes,
        )
        for key in keys
    ]
    print_rows(("name", "begins with", "state", "rate", "expires", "last used", "scopes"), rows)


def _show_changes(found: "Sequence[AuditEntry]") -> None:
    if not found:
        typer.echo("Nothing was changed yet.")
        return
    rows = [(local(entry.at), entry.actor, entry.action, entry.subject, _details(entry)) for entry in found]
    print_rows(("at", "who", "what", "of", "details"), rows)


def _details(entry: "AuditEntry") -> str:
    return " ".join(f"{name}={_in_words(value)}" for name, value in entry.details.items() if value is not None)


def _in_words(value: object) -> str:
    return ",".join(map(str, value)) if isinstance(value, list) else str(value)
