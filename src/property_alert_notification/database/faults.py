"""One error for everything that is the store's fault."""

import re
import sqlite3
import ssl

import asyncpg
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from property_alert_notification.base.errors import (
    RequestError,
    StoreLocked,
    StoreMisconfigured,
    StoreOutdated,
    StoreUnavailable,
)
from property_alert_notification.database.quick import ChangesNothing
from property_alert_notification.database.script import UnsafeBatch

# What the drivers raise when the store is away, full or restarting, as opposed to a statement being wrong.
_FAULTS = (
    OSError,
    TimeoutError,
    PoolTimeoutError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # raised by a connection that broke in the middle of an answer
    asyncpg.PostgresConnectionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.OperatorInterventionError,
    asyncpg.InvalidTransactionStateError,  # read-only: a standby, or a guard of its disk
    asyncpg.PostgresSystemError,  # its disk does not answer
    asyncpg.LockNotAvailableError,
    asyncpg.DeadlockDetectedError,
    asyncpg.InvalidCachedStatementError,  # its table was changed meanwhile
)
_OUTDATED = (
    asyncpg.UndefinedTableError,
    asyncpg.UndefinedColumnError,
    asyncpg.InvalidColumnReferenceError,  # ON CONFLICT names a constraint that is not there
)
_SQLITE_OUTDATED = re.compile(
    r"no such (table|column)|table \S+ has no column named|ON CONFLICT clause does not match|foreign key mismatch"
)
_ADVICE = {
    asyncpg.InvalidAuthorizationSpecificationError: "Correct the user or the password",
    asyncpg.InvalidCatalogNameError: "Create the database with `createdb`, or correct its name",
    asyncpg.InsufficientPrivilegeError: "Make this user the owner of the tables: restore with --no-owner as this user",
    asyncpg.ClientConfigurationError: "Correct the parameters of the URL",
    ssl.SSLCertVerificationError: "Name the certificate to trust by sslrootcert, the server as its certificate does",
}
# PgBouncer has one code for whatever it refuses, and for a server that is away; asyncpg has a plain ConnectionError.
_ADVICE_ON_WORDS = {
    "unsupported startup parameter": "PgBouncer answers: set DATABASE_PREPARED_STATEMENTS=false",
    "no such database": "Name a database that PgBouncer knows",
    "no such user": "Name a user that PgBouncer knows",
    "authentication failed": "Correct the user or the password",
    "rejected SSL upgrade": "The server speaks no TLS: correct sslmode, or the server",
}
_SQLITE_ADVICE = {
    sqlite3.SQLITE_CANTOPEN: "Its folder has to exist, and this user has to be able to write there",
    sqlite3.SQLITE_NOTADB: "Name another file; if this one was ours, restore a backup",
    sqlite3.SQLITE_CORRUPT: "It is damaged: restore a backup (docs/operations.md says how)",
}
_SQLITE_FAULTS = {
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_LOCKED,
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_FULL,
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


def is_row_fault(error: BaseException) -> bool:
    """Whether a row may have caused this error, so that the same work succeeds without that row.

    A store that is away, locked or full is no row's fault, and neither is a statement that can never work.
    """
    if isinstance(error, RequestError | MemoryError | UnsafeBatch | ChangesNothing) or not isinstance(error, Exception):
        return False
    original: BaseException = error
    if isinstance(error, DBAPIError) and error.orig is not None:
        original = error.orig.__cause__ or error.orig
    if isinstance(original, sqlite3.OperationalError):
        return not str(original).startswith(_NEVER_WORKS)
    return not _is_store_fault(original) and not isinstance(original, asyncpg.SyntaxOrAccessError)


_NEVER_WORKS = ("no such ", "near ", "table ", "ambiguous column", "attempt to write")
"""How SQLite's messages begin when a statement does not fit the schema."""


def _as_ours(driver_error: BaseException) -> StoreUnavailable:
    if isinstance(driver_error, asyncpg.LockNotAvailableError):
        return StoreLocked(driver_error.context or "")
    if _is_outdated(driver_error):
        return StoreOutdated()
    advice = _advice_on(driver_error)
    return StoreUnavailable() if advice is None else StoreMisconfigured(advice)


def _driver_error(error: BaseException) -> BaseException | None:
    """What the driver raised, if it means that the store is away; None for a mistake of ours."""
    if isinstance(error, DBAPIError) and error.orig is not None:
        # SQLAlchemy's asyncpg layer raises errors of its own, from the driver's.
        driver_error = error.orig.__cause__ or error.orig
        return driver_error if error.connection_invalidated or _is_store_fault(driver_error) else None
    return error if _is_store_fault(error) else None


def _is_store_fault(error: BaseException) -> bool:
    if _is_outdated(error) or _advice_on(error) is not None:
        return True
    return _sqlite_kind(error) in _SQLITE_FAULTS if isinstance(error, sqlite3.Error) else isinstance(error, _FAULTS)


def _is_outdated(error: BaseException) -> bool:
    if isinstance(error, sqlite3.OperationalError):
        return _SQLITE_OUTDATED.match(str(error)) is not None
    return isinstance(error, _OUTDATED)


def _advice_on(error: BaseException) -> str | None:
    """What its operator should do, where waiting does not help."""
    if isinstance(error, sqlite3.Error):
        return _SQLITE_ADVICE.get(_sqlite_kind(error))
    known = next((advice for kind, advice in _ADVICE.items() if isinstance(error, kind)), None)
    if known is not None or not isinstance(error, OSError | asyncpg.PostgresError):
        return known
    return next((advice for words, advice in _ADVICE_ON_WORDS.items() if words in str(error)), None)


def _sqlite_kind(error: sqlite3.Error) -> int:
    """The low byte is the kind; the rest is the detail (https://www.sqlite.org/rescode.html)."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF
