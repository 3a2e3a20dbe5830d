"""The way from a command to the store, with errors that an operator can act on."""

import os
import pwd
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import structlog

from property_alert_notification.base.console import complain
from property_alert_notification.base.errors import (
    ConfigurationError,
    StoreLocked,
    StoreMisconfigured,
    StoreOutdated,
    StoreUnavailable,
)
from property_alert_notification.base.settings.store_url import shown, sqlite_file
from property_alert_notification.database import Database, migrations
from property_alert_notification.preflight import check_store_file, load_settings

PATIENCE = 5.0
"""Seconds until a command reports that the store is away."""


@asynccontextmanager
async def reaching(url: str) -> AsyncIterator[Database]:
    """The store behind a URL, for as long as the block lasts.

    Raises:
        ConfigurationError: it is a file that cannot be used.
        StoreUnavailable: it cannot be reached; the text says which, why, and what to look at.
    """
    check_store_file(url)
    # What is logged of a damaged row must not stand in the table, or in the JSON, that a command prints.
    structlog.configure(logger_factory=lambda *_: structlog.PrintLogger(sys.stderr), cache_logger_on_first_use=False)
    database = Database(url, wait=PATIENCE)
    try:
        yield database
    except StoreMisconfigured as fault:
        raise ConfigurationError(explain(fault, url)) from None
    except StoreUnavailable as fault:
        raise StoreUnavailable(explain(fault, url)) from None
    finally:
        await database.close()


@asynccontextmanager
async def reading(url: str) -> AsyncIterator[Database]:
    """The same, for a store whose tables are to be read; prints on standard error which one it is, and creates none.

    Raises:
        ConfigurationError: its schema is not this version's.
        StoreUnavailable: it cannot be reached.
    """
    async with reaching(url) as database:
        if database.is_missing:
            raise ConfigurationError(
                f"DATABASE_URL: there is no store at {full(url)}. Create it by `property-alerts migrate`, "
                "or set DATABASE_URL or --env-file to an existing one"
            )
        judgement = await migrations.examine(database)
        if not judgement.can_be_read:
            raise ConfigurationError(f"DATABASE_URL: {full(url)} {judgement.words}")
        complain(f"store: {full(url)}")
        yield database


@asynccontextmanager
async def configured() -> AsyncIterator[Database]:
    """The same, for the store that the settings name.

    Raises:
        ConfigurationError: a setting is wrong, or the store's schema is not this version's.
        StoreUnavailable: it cannot be reached.
    """
    async with reading(load_settings().database_url) as database:
        yield database


def actor() -> str:
    """The operator, for the audit record; in a container the user may have only a number."""
    try:
        return f"cli:{pwd.getpwuid(os.getuid()).pw_name}"
    except KeyError:
        return f"cli:{os.getuid()}"


def full(url: str) -> str:
    """A store's URL without its password, which means the same in every folder."""
    return f"sqlite:///{Path.cwd() / sqlite_file(url)}" if url.startswith("sqlite") else shown(url)


def explain(fault: StoreUnavailable, url: str) -> str:
    """Which store cannot be used, why, and what to do."""
    if isinstance(fault, StoreMisconfigured):
        return f"DATABASE_URL: {shown(url)} cannot be used ({fault.cause}). {fault.advice}"
    if isinstance(fault, StoreOutdated | StoreLocked):
        return f"DATABASE_URL: {shown(url)}: {fault.cause}"
    cause: BaseException = fault
    while cause.__cause__ is not None:
        cause = cause.__cause__
    words = str(cause).partition("\n")[0] or type(cause).__name__
    return f"DATABASE_URL: {shown(url)} cannot be reached ({words}). Start it, or correct the address"
