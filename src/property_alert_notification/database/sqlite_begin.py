"""Begins a transaction on SQLite as soon as the other processes, of which only one may write, let it."""

import asyncio
import sqlite3
import threading
from collections.abc import Awaitable, Callable

from property_alert_notification.database.outliving import outliving

_POLL_SECONDS = 0.001
"""Seconds between two checks whether another process has stopped writing."""


def begin_at_once(cursor: sqlite3.Cursor) -> bool:
    """Begin, unless another process is writing."""
    try:
        _begin(cursor)
    except sqlite3.OperationalError as error:
        if not _is_busy(error):
            raise
        return False
    return True


async def begin_in_thread(
    cursor: sqlite3.Cursor, run: Callable[[Callable[[], None]], Awaitable[None]], wait: float
) -> None:
    """Begin within `wait` seconds. `run` calls a function in the thread of the connection.

    When its caller is cancelled, the thread gives up at once. Otherwise it would begin when nobody needs it any more,
    and until then keep the next caller of the connection waiting.

    Raises:
        sqlite3.OperationalError: another process was writing all the time.
    """
    waiting = _Waiting(cursor)
    limit = asyncio.get_running_loop().call_later(wait, waiting.give_up)
    try:
        await outliving(run(waiting))
    except BaseException:
        waiting.give_up()
        raise
    finally:
        limit.cancel()


class _Waiting:
    """Waits in a thread.

    SQLite itself would check after ever longer pauses, and miss the gaps between two transactions of a busy writer.
    """

    def __init__(self, cursor: sqlite3.Cursor) -> None:
        self._cursor = cursor
        self._given_up = threading.Event()

    def give_up(self) -> None:
        """End the wait after the check that is under way."""
        self._given_up.set()

    def __call__(self) -> None:
        while True:
            try:
                return _begin(self._cursor)
            except sqlite3.OperationalError as error:
                if not _is_busy(error) or self._given_up.wait(_POLL_SECONDS):
                    raise


def _begin(cursor: sqlite3.Cursor) -> None:
    cursor.execute("PRAGMA busy_timeout = 0")
    cursor.execute("BEGIN IMMEDIATE")


def _is_busy(error: sqlite3.OperationalError) -> bool:
    return error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY
