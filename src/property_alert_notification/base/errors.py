"""Everything that can go wrong, as one tree.

ServiceError
├── RequestError              the caller can act on it: becomes an HTTP answer
│   ├── PreferencesExist      400
│   ├── Unauthorised          401
│   ├── Forbidden             403
│   │   └── LiveOnly
│   ├── NotFound              404
│   │   ├── PreferenceNotFound
│   │   └── PreferencesNotFound
│   ├── Conflict              409
│   │   └── AnswerLost
│   ├── CallInProgress        409, with Retry-After
│   ├── InvalidField          422
│   │   └── KeyReused
│   ├── TooManyRequests       429, with Retry-After
│   └── Unavailable           503, with Retry-After
│       ├── Overloaded
│       ├── StoreUnavailable
│       │   ├── StoreLocked
│       │   ├── CommitInDoubt
│       │   ├── StoreOutdated
│       │   └── StoreMisconfigured
│       └── BrokerUnavailable
├── SendError                 a provider did not confirm a message
│   ├── RetryLater            it was not taken: safe to try again
│   │   ├── Deferred          this message has to wait, and the provider works
│   │   └── ProviderDown      and no message is to blame
│   │       └── Throttled     the provider has been given too much
│   ├── OutcomeUnknown        it may have been taken: trying again may send it twice
│   └── Refused               it will never be taken: do not try again
├── UnreadableRow             what a row of the store says cannot be
├── TooManyKeys               a caller has as many API keys as they may have
└── ConfigurationError        a setting is wrong: stops the process at start
"""

from collections.abc import Iterable
from datetime import timedelta
from math import ceil
from typing import ClassVar


class ServiceError(Exception):
    """Anything this service raises on purpose."""


class UnreadableRow(ServiceError):
    """What a row of the store says cannot be, whoever wrote it; names the column, never its value."""


class RequestError(ServiceError):
    """The caller can act on it; `detail` is the sentence of the answer, `status` its code."""

    status: ClassVar[int]
    title: ClassVar[str]
    hint: str | None = None
    """What to do about it, where `detail` is a sentence of the first version that scripts compare."""

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail

    @property
    def headers(self) -> dict[str, str]:
        """What the answer's headers say about it."""
        return {}


class PreferencesExist(RequestError):
    """Preferences are created once; PUT and PATCH change them."""

    status = 400
    title = "Preferences already exist"

    def __init__(self, user_id: int) -> None:
        super().__init__(f"Preferences already exist for user_id={user_id}")
        self.hint = f"PUT /api/v1/preferences/{user_id} replaces them, PATCH changes what it names."


class Unauthorised(RequestError):
    """The call has no API key, or one that is worth nothing (RFC 9110, 15.5.2)."""

    status = 401
    title = "Unauthorised"

    @property
    def headers(self) -> dict[str, str]:
        """How to prove who is calling (RFC 6750, 3)."""
        return {"WWW-Authenticate": "Bearer"}


class Forbidden(RequestError):
    """The API key is good, but not for this."""

    status = 403
    title = "Forbidden"

    def __init__(self, scope: str) -> None:
        super().__init__(f"This API key lacks the scope {scope}.")


class LiveOnly(Forbidden):
    """The API key is a test key, and this concerns live messages."""

    def __init__(self) -> None:
        RequestError.__init__(self, "This is a test key, and pauses concern live messages: use a live key.")


class NotFound(RequestError):
    """What the path or the body names is not there."""

    status = 404
    title = "Not found"


class PreferenceNotFound(NotFound):
    """A user never said what they want, or took it back."""

    hint = "PUT /api/v1/preferences/{user_id} says what a user wants to receive, for the first time or anew."

    def __init__(self) -> None:
        super().__init__("Preference not found")


class PreferencesNotFound(NotFound):
    """Nobody knows what the user of a notification wants, and nobody is written to who has not said so."""

    def __init__(self, user_id: int) -> None:
        super().__init__("Preferences not found for user")
        self.hint = (
            f"Say first what this user wants to receive: PUT /api/v1/preferences/{user_id} with "
            '{"email_enabled": true, "sms_enabled": false}. Or let DEFAULT_PREFERENCES say it for all who never did.'
        )


class Conflict(RequestError):
    """It is too late for this: what it asks for no longer fits how things stand."""

    status = 409
    title = "Conflict"


class AnswerLost(Conflict):
    """The `Idempotency-Key` was used before, and what was answered then cannot be read any more."""

    title = "Answer lost"

    def __init__(self) -> None:
        super().__init__(
            "This Idempotency-Key was used before, and the row in the store that keeps the answer is damaged. "
            "Look whether that call was carried out; if it was not, make it again with a new key."
        )


class InvalidField(RequestError):
    """One field of the body has a value that cannot be used; `problem` never repeats the value."""

    status = 422
    title = "Unprocessable content"

    def __init__(self, field: str, problem: str, *, place: str = "body") -> None:
        super().__init__(f"{field}: {problem}")
        self.place = place
        """The part of the request: `body`, `header`, `query`."""
        self.field = field
        self.problem = problem


class KeyReused(InvalidField):
    """The `Idempotency-Key` was given to another call before."""

    def __init__(self) -> None:
        problem = "belongs to another call: the key is the same, but method, path or body differ"
        super().__init__("Idempotency-Key", problem, place="header")


class CallInProgress(RequestError):
    """The same call is being answered at this moment; its answer is there soon."""

    status = 409
    title = "Call in progress"

    def __init__(self) -> None:
        super().__init__("A call with this Idempotency-Key is being answered. Repeat it.")

    @property
    def headers(self) -> dict[str, str]:
        """When to come again."""
        return {"Retry-After": "1"}


class TooManyRequests(RequestError):
    """The caller's rate is used up until its window ends, in `retry_after` seconds."""

    status = 429
    title = "Too many requests"

    def __init__(self, detail: str, *, retry_after: int, headers: Iterable[tuple[str, str]] = ()) -> None:
        super().__init__(detail)
        self.retry_after = retry_after
        self._headers = dict(headers)

    @property
    def headers(self) -> dict[str, str]:
        """When to come again, and what the rate is."""
        return {"Retry-After": str(self.retry_after), **self._headers}


class Unavailable(RequestError):
    """A part this request needs is down; asking again after `retry_after` may succeed."""

    status = 503
    title = "Service unavailable"
    retry_after: ClassVar[timedelta] = timedelta(seconds=1)

    @property
    def headers(self) -> dict[str, str]:
        """When to come again."""
        return {"Retry-After": str(ceil(self.retry_after.total_seconds()))}

    @property
    def cause(self) -> str:
        """What is wrong, for logs and operators; it names no value of any caller."""
        return self.detail


class Overloaded(Unavailable):
    """So much waits to be sent that more would come too late."""

    title = "Too much waits to be sent"
    retry_after = timedelta(seconds=5)

    def __init__(self) -> None:
        super().__init__("Too many messages wait to be sent. Try again; what is urgent is taken at any time.")


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


class StoreLocked(StoreUnavailable):
    """Another transaction holds a row for longer than anybody waits; others are not concerned."""

    def __init__(self, where: str = "") -> None:
        super().__init__("Somebody else is changing the same at this moment. Try again.")
        self.where = where
        """What the store says about the place; it names the table of a row."""


class CommitInDoubt(StoreUnavailable):
    """The store was asked to commit, and gave no answer: nobody can tell whether it did."""

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
        """What is missing, and what to do."""
        return f"{super().cause}. Run `property-alerts migrate`"


class StoreMisconfigured(StoreUnavailable):
    """The store answered, and waiting will not help: a wrong password, no such database, no such folder, damage."""

    def __init__(self, advice: str) -> None:
        super().__init__()
        self.advice = advice
        """What its operator should do."""


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


class Deferred(RetryLater):
    """The provider does not take this message yet, and works: others may go on. Greylisting is of this kind."""


class ProviderDown(RetryLater):
    """The provider takes nothing now, or nothing from us: no message is to blame, and none has used up an attempt."""


class Throttled(ProviderDown):
    """The provider has been given too much, by a rate or a quota: it is paused, or used more slowly."""


class OutcomeUnknown(SendError):
    """The message may have been taken, and nobody can tell."""


class Refused(SendError):
    """The message will never be taken."""


class TooManyKeys(ServiceError):
    """A caller has as many API keys as they may have; the text says what to do."""


class ConfigurationError(ServiceError):
    """A setting is wrong; the text is one line that names it and shows a right value."""
