"""One error for everything that is the store's fault."""

import sqlite3

import asyncpg
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from property_alert_notification.errors import StoreLocked, StoreMisconfigured, StoreUnavailable

# What the drivers raise when the store is away, full or restarting, as opposed to a statement being wrong.
_FAULTS = (
    OSError,
    TimeoutError,
    PoolTimeoutError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # what a connection says that broke in the middle of an answer
    asyncpg.PostgresConnectionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.OperatorInterventionError,
    asyncpg.InvalidTransactionStateError,  # read-only: a standby, or a guard of its disk
    asyncpg.PostgresSystemError,  # its disk does not answer
    asyncpg.InvalidAuthorizationSpecificationError,
    asyncpg.InvalidCatalogNameError,
    asyncpg.LockNotAvailableError,
    asyncpg.DeadlockDetectedError,
    asyncpg.UndefinedTableError,  # not migrated yet
)
_SQLITE_FAULTS = {
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_LOCKED,
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_CORRUPT,
    sqlite3.SQLITE_NOTADB,
}


class store_faults:  # noqa: N801 - reads as a statement: with store_faults()
    """Turns whatever the store's drivers raise into StoreUnavailable; lets all else pass."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _trace: object) -> None:
        driver_error = None if error is None else _driver_error(error)
        if driver_error is None:
            return
        raise _as_ours(driver_error) from driver_error


def _as_ours(driver_error: BaseException) -> StoreUnavailable:
    if isinstance(driver_error, asyncpg.LockNotAvailableError):
        return StoreLocked()
    return StoreMisconfigured() if _is_misconfigured(driver_error) else StoreUnavailable()


def _driver_error(error: BaseException) -> BaseException | None:
    """What the driver raised, if it means that the store is away; None for a mistake of ours."""
    if isinstance(error, DBAPIError) and error.orig is not None:
        # SQLAlchemy's asyncpg layer raises errors of its own, from the driver's.
        driver_error = error.orig.__cause__ or error.orig
        return driver_error if error.connection_invalidated or _is_store_fault(driver_error) else None
    return error if _is_store_fault(error) else None


def _is_store_fault(error: BaseException) -> bool:
    if isinstance(error, sqlite3.Error):
        return _sqlite_kind(error) in _SQLITE_FAULTS or str(error).startswith("no such table")
    return isinstance(error, _FAULTS)


def _is_misconfigured(error: BaseException) -> bool:
    if isinstance(error, sqlite3.Error):
        return _sqlite_kind(error) in {sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_NOTADB}
    return isinstance(error, asyncpg.InvalidAuthorizationSpecificationError | asyncpg.InvalidCatalogNameError)


def _sqlite_kind(error: sqlite3.Error) -> int:
    """The low byte is the kind; the rest says more about it (https://www.sqlite.org/rescode.html)."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF
