"""The caller of the API can act on these: each becomes an HTTP answer."""

from collections.abc import Iterable
from typing import ClassVar

from property_alert_notification.base.errors.service_error import ServiceError


class RequestError(ServiceError):
    """The caller can act on it; `detail` is the sentence of the answer, `status` its code."""

    status: ClassVar[int]
    title: ClassVar[str]
    hint: str | None = None
    """What to do about it, for errors whose `detail` must stay the sentence of the first version."""

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail

    @property
    def headers(self) -> dict[str, str]:
        """Headers that the answer carries."""
        return {}


class PreferencesExist(RequestError):
    """Preferences are created once; PUT and PATCH change them."""

    status = 400
    title = "Preferences already exist"

    def __init__(self, user_id: int) -> None:
        super().__init__(f"Preferences already exist for user_id={user_id}")
        self.hint = f"PUT /api/v1/preferences/{user_id} replaces them, PATCH changes single fields."


class Unauthorised(RequestError):
    """The call has no API key, or one that is not valid (RFC 9110, 15.5.2)."""

    status = 401
    title = "Unauthorised"

    @property
    def headers(self) -> dict[str, str]:
        """The way to authenticate (RFC 6750, 3)."""
        return {"WWW-Authenticate": "Bearer"}


class Forbidden(RequestError):
    """The API key is valid, but lacks a scope that this call needs."""

    status = 403
    title = "Forbidden"

    def __init__(self, scope: str) -> None:
        super().__init__(f"This API key lacks the scope {scope}.")


class ForgedCallback(RequestError):
    """A callback is not signed by its provider, or was signed too long ago."""

    status = 403
    title = "Forbidden"

    def __init__(self) -> None:
        super().__init__("The signature of this callback is not valid.")


class UnreadableCallback(RequestError):
    """A callback is signed by its provider, and its content is none that the provider documents."""

    status = 400
    title = "Unreadable callback"

    def __init__(self) -> None:
        super().__init__("The content of this callback cannot be read.")


class LiveOnly(Forbidden):
    """The API key is a test key, and the call would change or read live data."""

    def __init__(self) -> None:
        RequestError.__init__(self, "This is a test key, and this call needs a live key.")


class NotFound(RequestError):
    """The path or the body names something that does not exist."""

    status = 404
    title = "Not found"


class PreferenceNotFound(NotFound):
    """The user has no preferences."""

    hint = "PUT /api/v1/preferences/{user_id} creates or replaces preferences."

    def __init__(self) -> None:
        super().__init__("Preference not found")


class ProfileNotFound(NotFound):
    """The directory has no profile of the user."""

    def __init__(self) -> None:
        super().__init__("Profile not found")


class PreferencesNotFound(NotFound):
    """The user of a notification has no preferences, and DEFAULT_PREFERENCES is not set."""

    def __init__(self, user_id: int) -> None:
        super().__init__("Preferences not found for user")
        self.hint = (
            f"Create the preferences of this user first: PUT /api/v1/preferences/{user_id} with "
            '{"email_enabled": true, "sms_enabled": false}. Or let DEFAULT_PREFERENCES say it for all who never did.'
        )


class Conflict(RequestError):
    """The call does not fit the state that its target has reached."""

    status = 409
    title = "Conflict"


class RowDamaged(Conflict):
    """A row of the store that the call needs holds an impossible value; `detail` says which row, and what to do."""

    title = "Row damaged"


class PreferencesDamaged(RowDamaged):
    """What the store holds of a user's preferences cannot be read."""

    def __init__(self, what: str) -> None:
        super().__init__(
            f"The row in the store that keeps these preferences is damaged: {what} cannot be read. Until they are "
            "replaced, messages that they may forbid are held."
        )
        self.hint = "PUT /api/v1/preferences/{user_id} replaces them; DELETE takes all consent back."


class ProfileDamaged(RowDamaged):
    """The stored profile of a user cannot be read."""

    hint = "PUT /api/v1/users/{user_id}/profile replaces it; so does the next answer of the User service."

    def __init__(self) -> None:
        super().__init__("The row in the store that keeps this profile is damaged. Decisions treat it as missing.")


class AnswerLost(Conflict):
    """The `Idempotency-Key` was used before, and the stored answer cannot be read."""

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
        """The part of the request that holds the field: `body`, `header`, `query`."""
        self.field = field
        self.problem = problem


class FieldsMissing(RequestError):
    """Fields of the body are left out, and are required here."""

    status = 422
    title = InvalidField.title

    def __init__(self, fields: Iterable[str], problem: str) -> None:
        self.fields = tuple(fields)
        self.problem = problem
        super().__init__(f"{', '.join(self.fields)}: {problem}")


class KeyReused(InvalidField):
    """The `Idempotency-Key` was used for another call before."""

    def __init__(self) -> None:
        problem = "belongs to another call: the key is the same, but method, path or body differ"
        super().__init__("Idempotency-Key", problem, place="header")


class CallInProgress(RequestError):
    """A call with the same `Idempotency-Key` is being answered."""

    status = 409
    title = "Call in progress"

    def __init__(self) -> None:
        super().__init__("A call with this Idempotency-Key is being answered. Repeat it.")

    @property
    def headers(self) -> dict[str, str]:
        """The seconds to wait."""
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
        """The seconds to wait, and the rate."""
        return {"Retry-After": str(self.retry_after), **self._headers}
