"""`migrate`: brings the store's schema to a revision, or checks that models and migrations agree."""

import asyncio
from typing import TYPE_CHECKING, Annotated

import typer

from property_alert_notification.base.errors import ConfigurationError, StoreMisconfigured, StoreUnavailable

if TYPE_CHECKING:
    from property_alert_notification.database import Database
    from property_alert_notification.database.migrations import Judgement

POLL_SECONDS = 1.0
"""Seconds between two tries to reach the store."""

BASE = "base"
HEAD = "head"


def migrate(
    to: Annotated[
        str,
        typer.Option(metavar="REVISION", help=f"The target: a revision, `{HEAD}`, or `{BASE}` for an empty store."),
    ] = HEAD,
    check: Annotated[
        bool, typer.Option("--check", help="Change nothing; exit with 1 when models and migrations differ.")
    ] = (False),
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask before a downgrade.")] = False,
    wait: Annotated[
        float, typer.Option(min=0, help="Seconds to wait for a store that is down; `inf` waits for ever.")
    ] = 60.0,
) -> None:
    r"""Bring the store's schema up to date.

    Several may run at once: one migrates, the others wait for it. Run it before new workers and APIs start.
    On PostgreSQL the old ones can continue: indexes are built concurrently, and the lock of a table is requested
    with a short timeout and retried, so that no other transaction waits behind it. An interrupted migration can be
    repeated.

    A downgrade to an earlier revision prints what it deletes, and asks for confirmation.

    For example:

    `property-alerts migrate`\
    `property-alerts migrate --to 0001`\
    `property-alerts migrate --wait 600`\
    `property-alerts migrate --check`
    """
    from property_alert_notification.base import logs
    from property_alert_notification.preflight import load_settings

    settings = load_settings()
    logs.configure(level="warning", as_json=False)
    asyncio.run(_check(settings.database_url) if check else _migrate(settings.database_url, to, yes=yes, wait=wait))


async def _migrate(url: str, to: str, *, yes: bool, wait: float) -> None:
    from property_alert_notification.cli.store import full, reaching
    from property_alert_notification.database import migrations

    revisions = [BASE, *migrations.revisions()]
    target = _find(revisions, to)
    async with reaching(url) as database:
        judgement = await _examine(database, url, wait)
        current = await migrations.current(database) or BASE
        _refuse_what_is_not_ours(judgement, current, revisions, full(url))
        if target == current:
            await _complete(database, judgement, f"{full(url)} is at {current}")
        elif revisions.index(target) > revisions.index(current):
            typer.echo(f"Migrating {full(url)} from {current} to {target} …")
            await migrations.upgrade(database, target, report=_Progress())
            typer.echo(f"Done: it is at {target}.")
        else:
            await _warn(database, current, target, yes=yes)
            typer.echo(f"Going back from {current} to {target} …")
            await migrations.downgrade(database, target, report=_Progress())
            typer.echo(f"Done: it is at {target}.")


class _Progress:
    """Prints on standard error what is waited for, each cause once."""

    def __init__(self) -> None:
        self._last = ""

    def __call__(self, words: str) -> None:
        if words != self._last:
            typer.echo(words, err=True)
        self._last = words


async def _examine(database: "Database", url: str, wait: float) -> "Judgement":
    """What the store is, as soon as it answers."""
    from property_alert_notification.cli.store import full
    from property_alert_notification.database import migrations

    loop, report = asyncio.get_running_loop(), _Progress()
    deadline = loop.time() + wait
    while True:
        try:
            return await migrations.examine(database, thorough=True)
        except StoreMisconfigured:
            raise
        except StoreUnavailable as fault:
            if loop.time() >= deadline:
                raise
            report(f"Waiting for {full(url)} ({fault.cause}) …")
            await asyncio.sleep(min(POLL_SECONDS, wait))


def _refuse_what_is_not_ours(judgement: "Judgement", current: str, revisions: list[str], name: str) -> None:
    from property_alert_notification.database.migrations import Condition

    if judgement.condition is Condition.UNUSABLE:
        raise ConfigurationError(f"DATABASE_URL: {name} {judgement.words}")
    if current not in revisions:
        raise ConfigurationError(
            f"DATABASE_URL: {name} is at revision {current}, which a newer version made. "
            "Migrate back with that version, or install it"
        )
    if judgement.read_only is not None:
        raise ConfigurationError(f"DATABASE_URL: {name} {judgement.read_only}")


async def _complete(database: "Database", judgement: "Judgement", where: str) -> None:
    from property_alert_notification.database import migrations

    if not judgement.missing_indexes:
        typer.echo(f"Nothing to do: {where}.")
        return
    typer.echo(f"{where} and lacks {len(judgement.missing_indexes)} indexes. Building them …")
    await migrations.build_indexes(database, judgement.missing_indexes, report=_Progress())
    typer.echo("Done: it has all of them.")


async def _warn(database: "Database", current: str, target: str, *, yes: bool) -> None:
    """Print what going back deletes, and ask for confirmation unless `--yes` was given.

    Raises:
        typer.Abort: it shall not.
    """
    from property_alert_notification.database import migrations

    if lost := await migrations.losses(database, current, target):
        typer.echo("\n".join(["Going back deletes for good:", *(f"  {one}" for one in lost)]))
    if not yes:
        typer.confirm(f"Go back from {current} to {target}? What the newer schema holds is lost.", abort=True)


def _find(revisions: list[str], wanted: str) -> str:
    if wanted == HEAD:
        return revisions[-1]
    if wanted not in revisions:
        raise ConfigurationError(f"--to: no revision is called {wanted!r}; there are {', '.join(revisions)}")
    return wanted


async def _check(url: str) -> None:
    from tempfile import TemporaryDirectory

    from property_alert_notification.cli.store import full, reaching
    from property_alert_notification.database import migrations

    with TemporaryDirectory() as folder:
        scratch = f"sqlite+aiosqlite:///{folder}/check.db"
        async with reaching(scratch) as database:
            await migrations.upgrade(database)
            await _compare(database, "a new SQLite store")
    if not url.startswith("sqlite"):
        async with reaching(url) as database:
            await _compare(database, full(url))


async def _compare(database: "Database", name: str) -> None:
    from alembic.util.exc import CommandError

    from property_alert_notification.database import migrations

    judgement = await migrations.examine(database)
    if not judgement.can_be_read:
        raise ConfigurationError(f"DATABASE_URL: {name} {judgement.words}")
    try:
        await migrations.check(database)
    except CommandError as error:
        typer.echo(f"✗ {name}: {error}. Write a migration: CONTRIBUTING.md says how.", err=True)
        raise typer.Exit(1) from None
    typer.echo(f"✓ {name}: models and migrations agree")
