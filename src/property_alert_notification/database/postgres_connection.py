"""A connection to PostgreSQL that keeps no caller longer than the caller wants to wait."""

import asyncpg

_LAST_WAIT = 0.1
"""Seconds for which a caller whose time is over waits until its connection is closed, at most."""


class PostgresConnection(asyncpg.Connection):
    """Closes quickly where SQLAlchemy names a timeout: its caller was cancelled, and the server may not answer."""

    __slots__ = ()

    async def close(self, *, timeout: float | None = None) -> None:  # noqa: ASYNC109 - asyncpg's own
        """Close; after the timeout the connection is aborted."""
        await super().close(timeout=None if timeout is None else min(timeout, _LAST_WAIT))
