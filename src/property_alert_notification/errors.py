"""Everything that can go wrong, as one tree.

ServiceError
├── RequestError              the caller can act on it: becomes an HTTP answer
│   ├── PreferencesExist      400
│   ├── NotFound              404
│   ├── InvalidField          422
│   └── Unavailable           503, with Retry-After
│       ├── StoreUnavailable
│       │   └── StoreMisconfigured
│       └── BrokerUnavailable
├── SendError                 a provider did not confirm a message
│   ├── RetryLater            it was not taken: safe to try again
│   ├── OutcomeUnknown        it may have been taken: trying again may send it twice
│   └── Refused               it will never be taken: do not try again
└── ConfigurationError        a setting is wrong: stops the process at start
"""

from datetime import timedelta
from typing import ClassVar


class ServiceError(Exception):
    """Anything this service raises on purpose."""


class RequestError(ServiceError):
    """The caller can act on it; `detail` is the sentence of the answer, `status` its code."""

    status: ClassVar[int]
    title: ClassVar[str]

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail


class PreferencesExist(RequestError):
    """Preferences are created once; PUT and PATCH change them."""

    status = 400
    title = "Preferences already exist"

    def __init__(self, user_id: int) -> None:
        super().__init__(f"Preferences already exist for user_id={user_id}")


class NotFound(RequestError):
    """What the path or the body names is not there."""

    status = 404
    title = "Not found"


class InvalidField(RequestError):
    """One field of the body has a value that cannot be used; `problem` never repeats the value."""

    status = 422
    title = "Unprocessable content"

    def __init__(self, field: str, problem: str) -> None:
        super().__init__(f"{field}: {problem}")
        self.field = field
        self.problem = problem


class Unavailable(RequestError):
    """A part this request needs is down; asking again after `retry_after` may succeed."""

    status = 503
    title = "Service unavailable"
    retry_after: ClassVar[timedelta] = timedelta(seconds=1)

    @property
    def cause(self) -> str:
        """What is wrong, for logs and operators; it names no value of any caller."""
        return self.detail


class StoreUnavailable(Unavailable):
    """The database cannot be reached, or did not commit in time."""

    def __init__(self, detail: str = "The store is not available. Try again.") -> None:
        super().__init__(detail)

    @property
    def cause(self) -> str:
        """What the driver said."""
        driver_error = self.__cause__
        if driver_error is None:
            return self.detail
        return str(driver_error).partition("\n")[0] or type(driver_error).__name__


class StoreMisconfigured(StoreUnavailable):
    """The store answered, and waiting will not help: a wrong password, no such database, no such folder."""


class BrokerUnavailable(Unavailable):
    """The broker cannot be reached, or did not confirm in time."""

    def __init__(self, detail: str = "The broker is not available.") -> None:
        super().__init__(detail)


class SendError(ServiceError):
    """A provider did not confirm a message; the text is its reason, without address or message."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class RetryLater(SendError):
    """The message was not taken; `retry_after` is the provider's wish, if it gave one."""

    def __init__(self, reason: str, *, retry_after: timedelta | None = None) -> None:
        super().__init__(reason)
        self.retry_after = retry_after


class OutcomeUnknown(SendError):
    """The message may have been taken, and nobody can tell."""


class Refused(SendError):
    """The message will never be taken."""


class ConfigurationError(ServiceError):
    """A setting is wrong; the text is one line that names it and shows a right value."""
