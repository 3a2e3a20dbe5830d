"""Writes rows into a store that the service would never write: what a script or a bad disk leaves."""

import asyncio
import sqlite3
from collections.abc import Collection, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import asyncpg

from property_alert_notification.base.clock import Clock

BOTH = ("sqlite", "postgresql")
SQLITE = ("sqlite",)
POSTGRESQL = ("postgresql",)


@dataclass(frozen=True, slots=True)
class Breakage:
    """One way in which the rows of a notification are broken."""

    name: str
    statements: tuple[str, ...]
    """`{n}` is the id of the notification, as a literal."""
    stores: tuple[str, ...] = BOTH
    scheduled: bool = False
    """It is broken while it waits for its time, which then has come."""
    ends: frozenset[str] = frozenset({"quarantined"})
    """The states, one of which its email delivery comes to; none when it has no delivery that can be shown."""
    is_noticed_by_a_loop: bool = False
    """It breaks what reads ids, which then takes it out of the way; by design that is logged as a break."""

    @property
    def may_stay_open(self) -> bool:
        """It breaks nothing, and no worker claims it either."""
        return "" in self.ends


_HARMLESS = frozenset({"sent"})
_EXPIRED = frozenset({"expired"})
_GONE = frozenset({"quarantined", "gone"})
_STUCK = frozenset({"quarantined", "queued", ""})


def _delivery(column: str, value: str) -> tuple[str]:
    return (f"UPDATE deliveries SET {column} = {value} WHERE notification_id = {{n}} AND channel = 'email'",)


def _notification(column: str, value: str) -> tuple[str]:
    return (f"UPDATE notifications SET {column} = {value} WHERE id = {{n}}",)


def _due(column: str, value: str) -> tuple[str, ...]:
    return (*_notification(column, value), *_notification("send_at", "'2020-01-01T00:00:00.000000+00:00'"))


def _attempted(**values: str) -> tuple[str, ...]:
    columns = {"provider": "'smtp'", "started_at": "accepted_at", "outcome": "'not_sent'"} | values
    insert = f"INSERT INTO attempts (delivery_id, fence, {', '.join(columns)})"
    chosen = f"SELECT deliveries.id, 1, {', '.join(columns.values())}"
    tables = "FROM deliveries JOIN notifications ON notifications.id = notification_id"
    return (
        f"{insert} {chosen} {tables} WHERE notification_id = {{n}} AND channel = 'email'",
        *_delivery("fence", "1"),
    )


_ABANDONED = (*_delivery("state", "'sending'"), *_delivery("due_at", "'2020-01-01T00:00:00.000000+00:00'"))
_DELETED = "DELETE FROM notifications WHERE id = {n}"
NO_ID = "zzz"
"""The value instead of an id."""
_NO_TEXT = "CAST(x'fffe41' AS TEXT)"

KINDS = (
    # Times at the end of all.
    Breakage("expires at infinity", _notification("expires_at", "'infinity'"), POSTGRESQL, ends=_HARMLESS),
    Breakage("expired at -infinity", _notification("expires_at", "'-infinity'"), POSTGRESQL, ends=_EXPIRED),
    Breakage("expires in the year 200,000", _notification("expires_at", "'200000-01-01'"), POSTGRESQL, ends=_HARMLESS),
    Breakage("wanted at infinity", _notification("send_at", "'infinity'"), POSTGRESQL, ends=_HARMLESS),
    Breakage("accepted at -infinity", _notification("accepted_at", "'-infinity'"), POSTGRESQL, ends=_HARMLESS),
    Breakage("due at -infinity", _delivery("due_at", "'-infinity'"), POSTGRESQL, ends=_HARMLESS),
    Breakage("changed at infinity", _delivery("changed_at", "'infinity'"), POSTGRESQL, ends=_HARMLESS),
    Breakage(
        "scheduled, expires at infinity",
        _due("expires_at", "'infinity'"),
        POSTGRESQL,
        scheduled=True,
        ends=_HARMLESS,
    ),
    Breakage("wanted in the year 9999", _notification("send_at", "'9999-12-31T23:59:59.999999+00:00'"), ends=_HARMLESS),
    # Words that mean nothing.
    Breakage("unknown state", _delivery("state", "'snoozed'"), ends=_STUCK),
    Breakage("unknown channel", _delivery("channel", "'fax'"), ends=frozenset({""})),
    Breakage("unknown status", _notification("status", "'lost'"), ends=_HARMLESS),
    Breakage("unknown channels asked for", _notification("channels", "'pigeon'"), ends=_HARMLESS),
    Breakage("unknown channels of a scheduled one", _due("channels", "'pigeon'"), scheduled=True),
    Breakage("unknown outcome of an attempt", _attempted(outcome="'perhaps'")),
    # Numbers that no counter reaches.
    Breakage("a fence at its end", _delivery("fence", "2147483647"), POSTGRESQL),
    Breakage("attempts at their end", _delivery("attempts", "32767"), POSTGRESQL),
    Breakage("a lost worker's fence at its end", (*_ABANDONED, *_delivery("fence", "2147483647")), POSTGRESQL),
    Breakage("an enormous fence", _delivery("fence", "9223372036854775807"), SQLITE),
    Breakage("enormous attempts", _delivery("attempts", "9223372036854775807"), SQLITE),
    # Rows that are missing.
    Breakage("no notification", (_DELETED,), ends=_GONE),
    Breakage(
        "a lost worker, and no notification",
        (*_ABANDONED, _DELETED),
        ends=_GONE,
    ),
    # Values of another kind than their column: SQLite takes any.
    Breakage("text for a fence", _delivery("fence", "'abc'"), SQLITE, ends=_HARMLESS),
    Breakage("bytes for attempts", _delivery("attempts", "x'00ff'"), SQLITE, ends=_HARMLESS),
    Breakage("text for unknowns", _delivery("unknowns", "'many'"), SQLITE),
    Breakage("bytes for an address", _delivery("address", "x'00ff'"), SQLITE),
    Breakage("an address that is no text", _delivery("address", _NO_TEXT), SQLITE),
    Breakage("a title that is no text", _notification("title", _NO_TEXT), SQLITE),
    Breakage("bytes for a message", _notification("message", "x'ff00'"), SQLITE),
    Breakage("text for a user", _notification("user_id", "'ada'"), SQLITE),
    Breakage("a user beyond all numbers", _notification("user_id", "1e300"), SQLITE),
    Breakage("a category that is no text", _notification("category", _NO_TEXT), SQLITE),
    Breakage("expires at no time", _notification("expires_at", "'tomorrow'"), SQLITE),
    Breakage("expires at a number", _notification("expires_at", "1764000000"), SQLITE),
    Breakage("cancelled at no time", _notification("cancelled_at", "'never'"), SQLITE),
    Breakage(
        "a notification's id that is none", _delivery("notification_id", f"'{NO_ID}'"), SQLITE, ends=frozenset({""})
    ),
    Breakage("an id that is none", _delivery("id", f"'{NO_ID}'"), SQLITE, False, frozenset({"failed"}), True),
    Breakage("an attempt at no time", _attempted(started_at="'then'"), SQLITE),
    Breakage("bytes for an address of a scheduled one", _due("addresses", "x'ff00'"), SQLITE, scheduled=True),
    Breakage("accepted at no time", _due("accepted_at", "'once'"), SQLITE, scheduled=True),
    Breakage("a lost worker's text for a fence", (*_ABANDONED, *_delivery("fence", "'abc'")), SQLITE, ends=_HARMLESS),
    Breakage("a reason that is no text", _delivery("reason_code", _NO_TEXT), SQLITE, ends=_HARMLESS),
    Breakage("due at a number", _delivery("due_at", "1764000000"), SQLITE, ends=_HARMLESS),
)


def kinds_for(store: str) -> list[Breakage]:
    """Those that this kind of store takes."""
    return [kind for kind in KINDS if store in kind.stores]


async def plant(url: str, kinds: Sequence[Breakage]) -> dict[str, UUID]:
    """Write one notification for each kind, broken in its way and due; returns its id by the name of the kind.

    They are tests, as of a test key: what is sent of them all the same goes to no provider.
    """
    clock, sqlite = Clock(), url.startswith("sqlite")
    ids = {kind.name: clock.new_id() for kind in kinds}
    now = clock.now().isoformat(timespec="microseconds")
    statements: list[str] = []
    for kind in kinds:
        notification, delivery = (one.hex if sqlite else str(one) for one in (ids[kind.name], clock.new_id()))
        statements.append(
            _NOTIFICATION.format(n=notification, now=now, status="'scheduled'" if kind.scheduled else "NULL")
        )
        if not kind.scheduled:
            statements.append(_DELIVERY.format(d=delivery, n=notification, now=now))
        statements += [one.replace("{n}", f"'{notification}'") for one in kind.statements]
    await run(url, statements)
    return ids


_NOTIFICATION = """
    INSERT INTO notifications (id, user_id, category, title, message, urgent, test, accepted_at, send_at, status,
    addresses)
    VALUES ('{n}', 1, 'general', 'A home', 'Come and see', false, true, '{now}', NULL, {status},
    '{{"email":"a@example.com"}}')
"""
_DELIVERY = """
    INSERT INTO deliveries (id, notification_id, channel, address, urgent, test, state, due_at, changed_at, fence,
    attempts, unknowns)
    VALUES ('{d}', '{n}', 'email', 'a@example.com', false, true, 'queued', '{now}', '{now}', 0, 0, 0)
"""


async def open_states(url: str, planted: Collection[UUID]) -> dict[UUID, str]:
    """Those of the planted whose email is still due, or is scheduled, each with its state."""
    listed = ", ".join(f"'{one.hex if url.startswith('sqlite') else one}'" for one in planted)
    found = await _ask(
        url,
        f"SELECT notification_id, state FROM deliveries WHERE due_at IS NOT NULL AND notification_id IN ({listed})"
        f" UNION ALL SELECT id, status FROM notifications WHERE status = 'scheduled' AND id IN ({listed})",
    )
    return {UUID(str(id_)): str(state) for id_, state in found}


async def remove(url: str, planted: Collection[UUID]) -> None:
    """Delete what was planted."""
    listed = ", ".join(f"'{one.hex if url.startswith('sqlite') else one}'" for one in planted)
    if url.startswith("sqlite"):
        listed += f", '{NO_ID}'"
    whose = f"SELECT id FROM deliveries WHERE notification_id IN ({listed})"
    await run(
        url,
        [
            f"DELETE FROM attempts WHERE delivery_id IN ({whose})",
            f"DELETE FROM deliveries WHERE notification_id IN ({listed})",
            f"DELETE FROM notifications WHERE id IN ({listed})",
        ],
    )


async def write(url: str, broken: Sequence[tuple[Breakage, UUID]]) -> None:
    """Break the rows of these notifications, past every rule of the store that may be passed."""
    statements = [
        statement.replace("{n}", f"'{notification.hex if url.startswith('sqlite') else notification}'")
        for kind, notification in broken
        for statement in kind.statements
    ]
    await run(url, statements)


async def run(url: str, statements: Sequence[str]) -> None:
    """Run statements on a store, past every rule that may be passed."""
    if url.startswith("sqlite"):
        await asyncio.to_thread(write_sqlite, url.partition("///")[2], statements)
    else:
        await _write_postgres(url, statements)


async def _ask(url: str, question: str) -> list[tuple[Any, Any]]:
    if url.startswith("sqlite"):
        with closing(sqlite3.connect(url.partition("///")[2], timeout=30)) as file:
            return list(file.execute(question))
    connection = await asyncpg.connect(url.replace("+asyncpg", ""))
    try:
        return [(row[0], row[1]) for row in await connection.fetch(question)]
    finally:
        await connection.close()


def write_sqlite(path: str, statements: Sequence[str]) -> None:
    """Run statements on a file of SQLite, without its foreign keys."""
    with closing(sqlite3.connect(path, timeout=30, isolation_level=None)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        for statement in statements:
            connection.execute(statement)
        connection.execute("COMMIT")


async def _write_postgres(url: str, statements: Sequence[str]) -> None:
    connection = await asyncpg.connect(url.replace("+asyncpg", ""))
    async with connection.transaction():
        await connection.execute("SET LOCAL session_replication_role = replica")  # no foreign keys
        for statement in statements:
            await connection.execute(statement)
    await connection.close()
