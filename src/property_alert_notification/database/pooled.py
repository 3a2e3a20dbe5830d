"""Connections through PgBouncer, which lends another session of the server to each transaction.

A prepared statement may not outlive its transaction, nor may a `SET`; and PgBouncer refuses most startup parameters.
So every statement runs within a transaction, no statement has a name, and `BEGIN` carries the settings. That costs no
round trip where a transaction begins anyway. It is right for PgBouncer's session mode as well.
Source: https://www.pgbouncer.org/features.html
"""

from collections.abc import Mapping
from typing import Any

from property_alert_notification.base.settings.store_url import PostgresUrl
from property_alert_notification.database.postgres_connection import PostgresConnection

ARGUMENTS: dict[str, Any] = {
    "statement_cache_size": 0,
    "prepared_statement_cache_size": 0,  # SQLAlchemy's own
    "prepared_statement_name_func": lambda: "",
}
"""For SQLAlchemy's `connect`, so that no statement has a name."""


def pooled_arguments(url: PostgresUrl, settings: Mapping[str, str]) -> dict[str, Any]:
    """The arguments for a connection that applies these settings of PostgreSQL to each transaction."""
    begin = "BEGIN; " + "; ".join(f"SET LOCAL {name} = '{value}'" for name, value in settings.items())
    connection_class = type("_Connection", (_PooledConnection,), {"begin": begin, "__slots__": ()})
    return {**ARGUMENTS, "connection_class": connection_class, "server_settings": url.server_settings}


class _PooledConnection(PostgresConnection):
    """Begins each transaction with the settings of the session."""

    __slots__ = ()
    begin = "BEGIN"

    async def execute(self, query: str, *args: Any, timeout: float | None = None) -> str:  # noqa: ASYNC109 - asyncpg's own
        """Execute a statement; a `BEGIN` brings its settings along in the same round trip."""
        if not args and query.rstrip(";") == "BEGIN":
            query = self.begin
        status: str = await super().execute(query, *args, timeout=timeout)
        return status
