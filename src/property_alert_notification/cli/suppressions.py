"""`suppressions`: the list of addresses and users that must not be written to."""

import asyncio
import csv
import json
import os
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TextIO
from uuid import UUID

import typer

from property_alert_notification.base.errors import ConfigurationError, InvalidField
from property_alert_notification.base.vocabulary import Channel
from property_alert_notification.cli.options import AsJson, command_group
from property_alert_notification.cli.tables import local, print_rows

if TYPE_CHECKING:
    from rich.progress import Progress

    from property_alert_notification.database import Database
    from property_alert_notification.people.consent.rules import ConsentOrigin
    from property_alert_notification.people.suppressions.csv_file import NotImported
    from property_alert_notification.people.suppressions.models import StoredSuppression
    from property_alert_notification.people.suppressions.subjects import Subjects

_AT_ONCE = 2_000
"""Lines imported in one transaction: short enough not to delay accepting on SQLite."""
_SHOWN_PROBLEMS = 20

app = command_group("The suppression list: addresses and users that must not be written to.", start="suppressions list")

OfChannel = Annotated[Channel | None, typer.Option(help="The only channel that is stopped.", case_sensitive=False)]
Address = Annotated[str | None, typer.Option(help="An email address or a phone number; needs --channel.")]
OfUser = Annotated[int | None, typer.Option("--user", min=0, help="The user, as the User service knows them.")]


@app.command("list")
def list_(
    channel: OfChannel = None,
    address: Address = None,
    user: OfUser = None,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="How many at most.")] = 20,
    as_json: AsJson = False,
) -> None:
    r"""List entries, the newest first; with an address or a user those about them.

    The list holds keyed hashes, so it says whether an address is on it, and does not name addresses.

    For example:

    `property-alerts suppressions list`\
    `property-alerts suppressions list --channel email --address ada@example.com`
    """
    found = asyncio.run(_find(channel, address, user, limit))
    if as_json:
        typer.echo(json.dumps([one.model_dump(mode="json", exclude={"subject"}) for one in found], indent=2))
    elif not found:
        typer.echo("No entry is on the suppression list." if address is None and user is None else "Not on the list.")
    else:
        rows = [
            (
                one.id,
                one.about,
                one.channel or "every",
                one.reason_code,
                one.scope,
                one.category,
                local(one.created_at),
                local(one.expires_at) or "never",
                one.added_by,
            )
            for one in found
        ]
        print_rows(("id", "about", "channel", "reason", "scope", "category", "since", "expires", "by"), rows)


@app.command()
def add(
    channel: OfChannel = None,
    address: Address = None,
    user: OfUser = None,
    note: Annotated[str | None, typer.Option(help="For operators; no personal data.")] = None,
) -> None:
    r"""Add an address or a user: no message to them is claimed from now on.

    For example:

    `property-alerts suppressions add --channel email --address ada@example.com`\
    `property-alerts suppressions add --user 7 --note "asked by telephone"`
    """
    from property_alert_notification.people.suppressions.entry import NewEntry
    from property_alert_notification.people.suppressions.rules import SuppressionReason
    from property_alert_notification.people.suppressions.service import SuppressionService

    if address is None and user is None:
        raise ConfigurationError("--address or --user: name one. Example: property-alerts suppressions add --user 7")
    entry = NewEntry(SuppressionReason.MANUAL, channel, _stored(channel, address), user, note=note)

    async def work() -> "StoredSuppression":
        async with _store() as (database, subjects), database.transaction() as connection:
            return await SuppressionService(connection, database.clock, _by_operator(), subjects).add(entry)

    typer.echo(f"On the suppression list: {asyncio.run(work()).id}")


@app.command()
def release(
    entry: Annotated[UUID, typer.Argument(metavar="ENTRY", help="The id that `suppressions list` shows.")],
) -> None:
    r"""Delete an entry; the audit record (`audit`) names the author.

    For example:

    `property-alerts suppressions release 0199d0c5-7a3e-7bd2-a1c4-2f6f2f0f7a11`
    """
    from property_alert_notification.people.suppressions.service import SuppressionService

    async def work() -> None:
        async with _store() as (database, subjects), database.transaction() as connection:
            await SuppressionService(connection, database.clock, _by_operator(), subjects).release(entry)

    asyncio.run(work())
    typer.echo(f"Released: {entry}")


@app.command("import")
def import_(
    file: Annotated[Path, typer.Argument(metavar="FILE", exists=True, dir_okay=False, help="CSV, in UTF-8.")],
) -> None:
    r"""Add the entries of a CSV file of any size. Lines that are no entries are counted and named; the others go in.

    The first line names the columns: `channel` and `address`, or `user_id`, or `subject` and `about` of an export; and,
    if you like, `reason` (`imported` when it is left out), `scope`, `category`, `note` and `expires_at`. A second
    import of the same file changes nothing.

    For example:

    `property-alerts suppressions import bounces.csv`
    """
    with file.open(encoding="utf-8", errors="replace", newline="") as lines, _progress() as progress:
        imported, problems, refused = asyncio.run(_import(lines, os.fstat(lines.fileno()).st_size, progress))
    for line, problem in problems:
        typer.echo(f"line {line}: {problem}", err=True)
    if refused > len(problems):
        typer.echo(f"and {refused - len(problems):,} more", err=True)
    typer.echo(f"{imported:,} entries are on the list; {refused:,} lines were refused.")
    if refused:
        raise typer.Exit(1)


@app.command()
def export(
    file: Annotated[Path, typer.Argument(metavar="FILE", dir_okay=False, help="The CSV file to write.")],
) -> None:
    r"""Write all entries into a CSV file, which `suppressions import` reads under the same SECRET_KEYS.

    For example:

    `property-alerts suppressions export suppressions.csv`
    """
    from property_alert_notification.people.suppressions import csv_file
    from property_alert_notification.people.suppressions.queries import pages

    async def work(output: TextIO) -> int:
        writer, count = csv.writer(output), 0
        writer.writerow(csv_file.COLUMNS)
        async with _store() as (database, _):
            with _progress() as progress:
                task = progress.add_task("exported", total=None)
                async for page in pages(database):
                    writer.writerows(csv_file.line_of(entry) for entry in page)
                    count += len(page)
                    progress.update(task, completed=count)
        return count

    with file.open("w", encoding="utf-8", newline="") as output:
        count = asyncio.run(work(output))
    typer.echo(f"{count:,} entries are in {file}.")


async def _find(
    channel: Channel | None, address: str | None, user: int | None, limit: int
) -> "list[StoredSuppression]":
    from property_alert_notification.people.suppressions import queries

    stored = _stored(channel, address)
    async with _store() as (database, subjects), database.reading() as connection:
        wanted = subjects.of(channel, stored, user)
        return list(await queries.page(connection, subjects=wanted, limit=limit))


async def _import(lines: TextIO, size: int, progress: "Progress") -> "tuple[int, list[NotImported], int]":
    from property_alert_notification.cli.store import actor
    from property_alert_notification.people.consent.rules import ConsentOrigin, ConsentSource
    from property_alert_notification.people.suppressions import csv_file
    from property_alert_notification.people.suppressions.entry import NewEntry
    from property_alert_notification.people.suppressions.service import SuppressionService

    task = progress.add_task("imported", total=size)
    problems: list[NotImported] = []
    imported = refused = 0
    origin = ConsentOrigin(ConsentSource.IMPORT, actor())
    async with _store() as (database, subjects):
        found = csv_file.read(_counted(lines, progress, task), _normalise())
        while some := list(islice(found, _AT_ONCE)):
            entries = [one for one in some if isinstance(one, NewEntry)]
            not_imported = [one for one in some if not isinstance(one, NewEntry)]
            refused += len(not_imported)
            problems += not_imported[: _SHOWN_PROBLEMS - len(problems)]
            async with database.transaction() as connection:
                await SuppressionService(connection, database.clock, origin, subjects).load(entries)
            imported += len(entries)
    return imported, problems, refused


def _counted(lines: TextIO, progress: "Progress", task: Any) -> Iterator[str]:
    for line in lines:
        progress.advance(task, len(line))
        yield line


def _progress() -> "Progress":
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

    columns = TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn()
    return Progress(*columns, console=Console(stderr=True), transient=True)


def _normalise() -> Any:
    from property_alert_notification.preflight import load_settings
    from property_alert_notification.wiring import address_rules

    return address_rules(load_settings()).normalise


def _stored(channel: Channel | None, address: str | None) -> str | None:
    """An address as deliveries have it.

    Raises:
        ConfigurationError: the option is no address, or its channel is missing.
    """
    if address is None:
        return None
    if channel is None:
        raise ConfigurationError("--channel: needed with --address. Example: --channel email --address ada@example.com")
    try:
        stored: str = _normalise()(channel, address)
    except InvalidField as fault:
        raise ConfigurationError(f"--address: {fault.problem}") from None
    return stored


@asynccontextmanager
async def _store() -> "AsyncIterator[tuple[Database, Subjects]]":
    """The store that the settings name, and what hashes those who may be on the list."""
    from property_alert_notification.cli.store import reading
    from property_alert_notification.people.suppressions.subjects import Subjects
    from property_alert_notification.preflight import check_secrets, load_settings

    settings = load_settings()
    check_secrets(settings)
    async with reading(settings.database_url) as database:
        yield database, Subjects(settings.secrets)


def _by_operator() -> "ConsentOrigin":
    from property_alert_notification.cli.store import actor
    from property_alert_notification.people.consent.rules import ConsentOrigin, ConsentSource

    return ConsentOrigin(ConsentSource.COMMAND_LINE, actor())
