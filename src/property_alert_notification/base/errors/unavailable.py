"""A part that a request needs is down: answered 503 with Retry-After."""

from datetime import timedelta
from math import ceil
from typing import ClassVar

from property_alert_notification.base.errors.request import RequestError


class Unavailable(RequestError):
    """A part that this request needs is down; repeating the request after `retry_after` may succeed."""

    status = 503
    title = "Service unavailable"
    retry_after: ClassVar[timedelta] = timedelta(seconds=1)

    @property
    def headers(self) -> dict[str, str]:
        """The seconds to wait."""
        return {"Retry-After": str(ceil(self.retry_after.total_seconds()))}

    @property
    def cause(self) -> str:
        """The cause, for logs and operators; it holds no value that a caller sent."""
        return self.detail


class Overloaded(Unavailable):
    """More than MAX_BACKLOG deliveries are due and unsent."""

    title = "Too many messages wait to be sent"
    retry_after = timedelta(seconds=5)

    def __init__(self) -> None:
        super().__init__(
            "Too many messages wait to be sent. Try again later; urgent notifications are always accepted."
        )


class TooManyAtOnce(Unavailable):
    """Other calls of the same kind are being answered, and did not end in time."""

    title = "Too many calls of this kind at once"

    def __init__(self) -> None:
        super().__init__("Other calls of this kind are being answered. Try again.")


class StoreUnavailable(Unavailable):
    """The database cannot be reached, or did not commit in time."""

    def __init__(self, detail: str = "The store is not available. Try again.") -> None:
        super().__init__(detail)

    @property
    def cause(self) -> str:
        """The driver's message."""
        driver_error = self.__cause__
        if driver_error is None:
            return self.detail
        return str(driver_error).partition("\n")[0] or type(driver_error).__name__


class StoreLocked(StoreUnavailable):
    """Another transaction holds a lock on a row for too long; other rows are not affected."""

    def __init__(self, where: str = "") -> None:
        super().__init__("Another call is changing the same row. Try again.")
        self.where = where
        """The store's description of the locked row, which names its table."""


class CommitInDoubt(StoreUnavailable):
    """The store did not answer a commit: the transaction may be committed or not."""

    def __init__(self) -> None:
        super().__init__(
            "The store did not confirm in time: this call may have been carried out, or not. Repeat it with the same "
            "Idempotency-Key, and it is carried out once."
        )


class StoreOutdated(StoreUnavailable):
    """The store lacks a table, a column or a constraint: its schema is not this version's."""

    def __init__(self) -> None:
        super().__init__("The store's schema is not this version's. Its operator has to run `property-alerts migrate`.")

    @property
    def cause(self) -> str:
        """The missing part, and the command that adds it."""
        return f"{super().cause}. Run `property-alerts migrate`"


class StoreMisconfigured(StoreUnavailable):
    """The store answers, and an operator has to act: a wrong password, a missing database or folder, damage."""

    def __init__(self, advice: str) -> None:
        super().__init__()
        self.advice = advice
        """What the operator should do."""


class BrokerUnavailable(Unavailable):
    """The broker cannot be reached, or did not confirm in time."""

    def __init__(self, detail: str = "The broker is not available.") -> None:
        super().__init__(detail)
