"""`migrate`: brings the store's schema to a revision, or says whether models and migrations agree."""

import asyncio
from typing import TYPE_CHECKING, Annotated

import typer

from property_alert_notification.errors import ConfigurationError

if TYPE_CHECKING:
    from property_alert_notification.database import Database

BASE = "base"
HEAD = "head"


def migrate(
    to: Annotated[
        str,
        typer.Option(metavar="REVISION", help=f"Where to go: a revision, `{HEAD}`, or `{BASE}` for an empty store."),
    ] = HEAD,
    check: Annotated[bool, typer.Option("--check", help="Change nothing; say whether models and migrations agree.")] = (
        False
    ),
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask before going back.")] = False,
) -> None:
    r"""Bring the store's schema up to date.

    Several may run at once: one does the work, the others find it done. Run it before new workers and APIs start.
    Going back to an earlier revision asks first: data may be lost.

    For example:

    `property-alerts migrate`\
    `property-alerts migrate --to 0001`\
    `property-alerts migrate --check`
    """
    from property_alert_notification import logs
    from property_alert_notification.settings import Settings, load

    settings = load(Settings)
    logs.configure(level="warning", as_json=False)
    asyncio.run(_check(settings.database_url) if check else _migrate(settings.database_url, to, yes=yes))


async def _migrate(url: str, to: str, *, yes: bool) -> None:
    from property_alert_notification import migrations
    from property_alert_notification.cli.store import reaching, shown

    revisions = [BASE, *migrations.revisions()]
    target = _find(revisions, to)
    async with reaching(url) as database:
        current = await migrations.current(database) or BASE
        if current not in revisions:
            raise ConfigurationError(
                f"DATABASE_URL: the store is at revision {current}, which a newer version made. "
                "Migrate back with that version, or install it"
            )
        if target == current:
            typer.echo(f"Nothing to do: {shown(url)} is at {current}.")
        elif revisions.index(target) > revisions.index(current):
            typer.echo(f"Migrating {shown(url)} from {current} to {target} …")
            await migrations.upgrade(database, target)
            typer.echo(f"Done: it is at {target}.")
        else:
            if not yes:
                typer.confirm(f"Go back from {current} to {target}? What the newer schema holds is lost.", abort=True)
            typer.echo(f"Going back from {current} to {target} …")
            await migrations.downgrade(database, target)
            typer.echo(f"Done: it is at {target}.")


def _find(revisions: list[str], wanted: str) -> str:
    if wanted == HEAD:
        return revisions[-1]
    if wanted not in revisions:
        raise ConfigurationError(f"--to: no revision is called {wanted!r}; there are {', '.join(revisions)}")
    return wanted


async def _check(url: str) -> None:
    from tempfile import TemporaryDirectory

    from property_alert_notification import migrations
    from property_alert_notification.cli.store import reaching, shown

    with TemporaryDirectory() as folder:
        scratch = f"sqlite+aiosqlite:///{folder}/check.db"
        async with reaching(scratch) as database:
            await migrations.upgrade(database)
            await _compare(database, "a new SQLite store")
    if not url.startswith("sqlite"):
        async with reaching(url) as database:
            await _compare(database, shown(url))


async def _compare(database: "Database", name: str) -> None:
    from alembic.util.exc import CommandError

    from property_alert_notification import migrations

    if not await migrations.is_recent_enough(database):
        raise ConfigurationError(f"DATABASE_URL: {name} is not at the newest revision. Run `property-alerts migrate`")
    try:
        await migrations.check(database)
    except CommandError as error:
        typer.echo(f"✗ {name}: {error}. Write a migration: CONTRIBUTING.md says how.", err=True)
        raise typer.Exit(1) from None
    typer.echo(f"✓ {name}: models and migrations agree")
