"""Writes everything that is stored about a person as one JSON document, a page at a time."""

import json
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from property_alert_notification.base.clock import Clock
from property_alert_notification.database import Database
from property_alert_notification.operators.privacy import queries
from property_alert_notification.operators.privacy.addresses import addresses_of, subjects_of
from property_alert_notification.operators.privacy.declaration import FoundBy
from property_alert_notification.operators.privacy.queries import Row, found_by
from property_alert_notification.operators.privacy.registry import TABLES
from property_alert_notification.people.suppressions.subjects import Subjects

NOTIFICATIONS, DELIVERIES = "notifications", "deliveries"

AS_JSON = {"rules", "addresses", "reason_parameters"}
"""Columns that hold JSON: an export has it as JSON, too."""

_BY_USER = [name for name in found_by(FoundBy.USER) if name != NOTIFICATIONS and TABLES[name].exported]
_BY_HASH = found_by(FoundBy.USER_HASH)
_BY_NOTIFICATION = [name for name in found_by(FoundBy.NOTIFICATION) if name != DELIVERIES]
_BY_DELIVERY = found_by(FoundBy.DELIVERY)
_BY_SUBJECT, _BY_ADDRESS = found_by(FoundBy.SUBJECT), found_by(FoundBy.ADDRESS)


class Export:
    """One document. Each page is read in a transaction of its own, so it takes little memory and hinders nobody."""

    def __init__(self, database: Database, clock: Clock, subjects: Subjects, user_id: int) -> None:
        self._database = database
        self._clock = clock
        self._subjects = subjects
        self._user_id = user_id
        self._addresses = addresses_of(())

    async def document(self) -> AsyncIterator[str]:
        """The parts of the document. Its sections are always the same; those without rows are empty lists."""
        yield f'{{"user_id": {self._user_id}, "exported_at": {json.dumps(_shown(self._clock.now()))}'
        for name in _BY_USER:
            async for part in _section(name, self._by_user(name)):
                yield part
        async for part in _section(NOTIFICATIONS, self._notifications()):
            yield part
        async for part in _section_of_hashes(self):
            yield part
        yield "}\n"

    async def _by_user(self, name: str) -> AsyncIterator[Iterable[Mapping[str, Any]]]:
        after: Row | None = None
        while True:
            async with self._database.reading() as connection:
                rows = await queries.page(connection, name, self._user_id, after)
            if not rows:
                return
            self._addresses |= addresses_of(rows)
            yield [exported(name, row) for row in rows]
            after = rows[-1]

    async def _notifications(self) -> AsyncIterator[Iterable[Mapping[str, Any]]]:
        after: Row | None = None
        while True:
            async with self._database.reading() as connection:
                rows = await queries.page(connection, NOTIFICATIONS, self._user_id, after)
            if not rows:
                return
            yield await self._with_theirs(rows)
            after = rows[-1]

    async def _with_theirs(self, rows: Sequence[Row]) -> list[dict[str, Any]]:
        """Notifications with their deliveries and whatever else belongs to them."""
        ids = [row["id"] for row in rows if row["id"] is not None]
        async with self._database.reading() as connection:
            deliveries = await queries.rows_by(connection, DELIVERIES, ids)
            theirs = [row["id"] for row in deliveries if row["id"] is not None]
            of_notifications = {one: await queries.rows_by(connection, one, ids) for one in _BY_NOTIFICATION}
            of_deliveries = {one: await queries.rows_by(connection, one, theirs) for one in _BY_DELIVERY}
        self._addresses |= addresses_of((*rows, *deliveries))
        inner = {one: _grouped(one, found, {}) for one, found in of_deliveries.items()}
        groups = {one: _grouped(one, found, {}) for one, found in of_notifications.items()}
        groups[DELIVERIES] = _grouped(DELIVERIES, deliveries, inner)
        return [_with_groups(NOTIFICATIONS, row, groups) for row in rows]

    async def rest(self) -> AsyncIterator[tuple[str, Sequence[Row]]]:
        """What is found by the hash of the user or by the addresses that the other rows have."""
        hashes = self._subjects.of_user(self._user_id)
        for name in (*_BY_HASH, *_BY_SUBJECT, *_BY_ADDRESS):
            async with self._database.reading() as connection:
                if name in _BY_ADDRESS:
                    rows = await queries.rows_of_addresses(connection, name, self._addresses)
                elif name in _BY_SUBJECT:
                    subjects = [*hashes, *subjects_of(self._addresses, self._subjects)]
                    rows = await queries.rows_by(connection, name, subjects)
                else:
                    rows = await queries.rows_by(connection, name, hashes)
            yield name, rows


async def _section_of_hashes(export: Export) -> AsyncIterator[str]:
    async for name, rows in export.rest():
        yield f', "{section_of(name)}": {_encoded([exported(name, row) for row in rows])}'


async def _section(name: str, pages: AsyncIterator[Iterable[Mapping[str, Any]]]) -> AsyncIterator[str]:
    yield f', "{section_of(name)}": ['
    is_first = True
    async for rows in pages:
        yield ("" if is_first else ", ") + _encoded(rows)[1:-1]
        is_first = False
    yield "]"


def section_of(name: str) -> str:
    """The name of a table's rows in an export."""
    return TABLES[name].section or name


_Groups = Mapping[str, Mapping[Any, list[dict[str, Any]]]]
"""By table, what is exported of its rows, by the row that they belong to."""


def _grouped(name: str, rows: Sequence[Row], groups: _Groups) -> Mapping[Any, list[dict[str, Any]]]:
    """What is exported of these rows, by the row that they belong to; `groups` belong to them."""
    grouped: dict[Any, list[dict[str, Any]]] = {}
    for row in rows:
        grouped.setdefault(row[TABLES[name].column], []).append(_with_groups(name, row, groups))
    return grouped


def _with_groups(name: str, row: Row, groups: _Groups) -> dict[str, Any]:
    return exported(name, row) | {section_of(inner): its.get(row["id"], []) for inner, its in groups.items()}


def exported(name: str, row: Row) -> dict[str, Any]:
    """The exported columns of a row as JSON values."""
    return {
        column: _from_json(row[column]) if column in AS_JSON else _shown(row[column])
        for column in TABLES[name].exported.split()
    }


def _from_json(value: Any) -> Any:
    try:
        return None if value is None else json.loads(value)
    except (TypeError, ValueError, RecursionError):
        return _shown(value)


def _shown(value: Any) -> Any:
    match value:
        case None | bool() | int() | float() | str() | dict() | list():
            return value
        case datetime():
            return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
        case bytes():
            return value.decode(errors="replace")
        case _:
            return str(value)


def _encoded(rows: Iterable[Mapping[str, Any]]) -> str:
    return json.dumps(list(rows), ensure_ascii=False)
