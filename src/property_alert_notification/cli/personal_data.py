"""`users export` and `users erase`: everything that is stored about a user."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TextIO

import typer

from property_alert_notification.cli.options import AsJson

if TYPE_CHECKING:
    from property_alert_notification.database import Database
    from property_alert_notification.operators.privacy.erasure.eraser import Progress
    from property_alert_notification.people.suppressions.subjects import Subjects

_PATIENCE = 60.0
"""Seconds that the command erases before it leaves the rest to the workers."""

UserId = Annotated[
    int, typer.Argument(metavar="ID", min=0, max=2**63 - 1, help="The id of the user in the User service.")
]


def export(
    user_id: UserId,
    file: Annotated[Path | None, typer.Option("--output", metavar="FILE", dir_okay=False)] = None,
) -> None:
    r"""Write everything that is stored about a user as one JSON document, on standard output or into a file.

    It is the document of GET /api/v1/users/ID/data. The audit record names you.

    For example:

    `property-alerts users export 7`\
    `property-alerts users export 7 --output user-7.json`
    """
    if file is None:
        asyncio.run(_export(user_id, sys.stdout))
        return
    with open(file, "w", encoding="utf-8", opener=_for_the_owner_alone) as output:
        asyncio.run(_export(user_id, output))
    typer.echo(f"The data of user {user_id} are in {file}.")


def erase(
    user_id: UserId,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    as_json: AsJson = False,
) -> None:
    r"""Erase everything that is stored about a user. This cannot be undone.

    Consent is withdrawn first, and calls of providers that are in progress are waited for. Entries of the suppression
    list stay, as keyed hashes. What takes longer than a minute the workers do; the command may be repeated.

    For example:

    `property-alerts users erase 7`\
    `property-alerts users erase 7 --yes`
    """
    from property_alert_notification.operators.privacy.schemas import ErasurePublic

    if not yes:
        typer.confirm(f"Erase everything about user {user_id}? This cannot be undone", abort=True, err=True)
    progress = asyncio.run(_erase(user_id))
    if as_json:
        typer.echo(ErasurePublic.of(user_id, progress).model_dump_json(indent=2))
        return
    rows = sum(progress.counted.values())
    if not progress.is_finished:
        waits = f", {progress.in_progress} deliveries are being sent" if progress.in_progress else ""
        typer.echo(f"User {user_id}: {rows:,} rows are erased so far{waits}. Workers go on; repeat the command to see.")
    elif rows:
        typer.echo(f"User {user_id} is erased: {rows:,} rows.")
    else:
        typer.echo(f"Nothing is stored about user {user_id}.")


def _for_the_owner_alone(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


async def _export(user_id: int, output: TextIO) -> None:
    from property_alert_notification.api.access import queries as access
    from property_alert_notification.cli.store import actor
    from property_alert_notification.operators.privacy.export import Export

    async with _store() as (database, subjects):
        async with database.transaction() as connection:
            subject = subjects.of_user(user_id)[0]
            await access.record(connection, database.clock, actor=actor(), action="data.exported", subject=subject)
        async for part in Export(database, database.clock, subjects, user_id).document():
            output.write(part)


async def _erase(user_id: int) -> "Progress":
    from property_alert_notification.cli.store import actor
    from property_alert_notification.operators.privacy.erasure.eraser import Eraser

    async with _store() as (database, subjects):
        eraser = Eraser(database, database.clock, subjects)
        await eraser.begin(user_id, actor())
        return await eraser.go_on(user_id, within=_PATIENCE)


@asynccontextmanager
async def _store() -> "AsyncIterator[tuple[Database, Subjects]]":
    """The store that the settings name, and what hashes its users."""
    from property_alert_notification.cli.store import reading
    from property_alert_notification.people.suppressions.subjects import Subjects
    from property_alert_notification.preflight import check_secrets, load_settings

    settings = load_settings()
    check_secrets(settings)
    async with reading(settings.database_url) as database:
        yield database, Subjects(settings.secrets)
