"""The categories in the memory of one process: read from the store every second, so that a message needs no query."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager, suppress

import structlog

from property_alert_notification.base.errors import StoreUnavailable
from property_alert_notification.base.logs import origin
from property_alert_notification.base.supervise import Loop, Supervisor, end
from property_alert_notification.database import Database
from property_alert_notification.people.categories import queries
from property_alert_notification.people.categories.definition import StoredDefinition
from property_alert_notification.people.categories.queries import StoredRow
from property_alert_notification.people.categories.recheck import WindowRecheck, changed_names
from property_alert_notification.people.categories.rules import Categories, Category

log = structlog.get_logger()

POLL = 1.0
"""Seconds between two reads. Every process applies a change within two seconds."""


class CategoryCache:
    """The categories as last read. A category in the store replaces a configured one of the same name."""

    def __init__(self, database: Database, configured: Mapping[str, Category]) -> None:
        """`configured` are the built-in categories and those of the file, by name."""
        self.configured = configured
        self._database = database
        self._rows: list[StoredRow] = []
        self._known = Categories(configured)
        self._read = asyncio.Event()
        self._recheck = WindowRecheck(database)

    def current(self) -> Categories:
        """The categories as last read."""
        return self._known

    @asynccontextmanager
    async def kept(self, supervisor: Supervisor) -> AsyncIterator[None]:
        """Read the categories at the start of the block, if the store answers, and then every second until it ends."""
        with suppress(StoreUnavailable):
            await self.reload()
        watching = supervisor.start("categories", self.watch)
        try:
            yield
        finally:
            await end(watching)

    async def watch(self, loop: Loop) -> None:
        """Read until cancelled."""
        await loop.repeat(self._reload_in_turn, after_a_fault=POLL)

    async def _reload_in_turn(self) -> float:
        await self.reload()
        return 0 if await self._recheck.proceed() else POLL

    async def reload(self) -> None:
        """Read the categories once. `watch` then makes the digest windows of changed categories due."""
        async with self._database.quick_reading() as connection:
            rows = await queries.every(connection)
        if rows != self._rows:
            before, known = self._known, Categories({**self.configured, **read(rows)})
            if self._read.is_set():  # the first read after the start has nothing to compare with
                await self._recheck.begin_with_undefined(before, known)
                names = {str(name) for name, _ in [*self._rows, *rows]}
                self._recheck.begin(changed_names(before, known, names))
            self._known, self._rows = known, rows
            log.info("categories.changed", defined=[str(name) for name, _ in rows])
        self._read.set()

    async def was_read(self) -> None:
        """Wait until the categories have been read once."""
        await self._read.wait()


def read(rows: Iterable[StoredRow]) -> dict[str, Category]:
    """The categories of these rows by name. An unreadable row is logged and left out."""
    found: dict[str, Category] = {}
    for name, definition in rows:
        try:
            found[str(name)] = StoredDefinition.model_validate_json(definition).named(str(name))
        except ValueError as error:
            log.error("category.unreadable", category=str(name), **origin(error))  # noqa: TRY400 - the text repeats the row
    return found
