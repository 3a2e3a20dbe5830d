"""Times that callers give: RFC 3339 with an offset, within the range that the settings allow.

`Moment` is the type of every such time, in a body, in a query and on the command line. Go's zero time (year 1), .NET's
maximum (year 9999) and seconds taken for milliseconds lie outside the range: the sender meant another time.
"""

import re
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

from pydantic import AfterValidator, AwareDatetime, BeforeValidator, Field, TypeAdapter, ValidationError

from property_alert_notification.base.wording import of_plain_text

FIRST = datetime.min.replace(tzinfo=UTC)
LAST = datetime.max.replace(tzinfo=UTC)
"""The first and the last moment that Python can express."""

EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
LATEST = datetime(2200, 12, 31, 23, 59, 59, tzinfo=UTC)
"""The default of the allowed range."""

_LOCAL = re.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(:00)?")
_DATE = re.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}")


class _Allowed:
    """The range of this process."""

    earliest = EARLIEST
    latest = LATEST


def allow(earliest: datetime, latest: datetime) -> None:
    """Set the range of this process, once, when it starts."""
    _Allowed.earliest, _Allowed.latest = earliest, latest


def latest() -> datetime:
    """The latest that a caller may give, or might have given with default settings."""
    return max(LATEST, _Allowed.latest)


def check(moment: datetime) -> datetime:
    """Return the moment if it lies within the range.

    Raises:
        ValueError: it does not; the text names the range.
    """
    if not _Allowed.earliest <= moment <= _Allowed.latest:
        bounds = f"{in_words(_Allowed.earliest)} and {in_words(_Allowed.latest)}"
        raise ValueError(f"must lie between {bounds} (EARLIEST_TIME and LATEST_TIME)")
    return moment


def later(moment: datetime, by: timedelta) -> datetime:
    """The sum, or the last moment that Python can express: a stored time may lie at the end of all."""
    try:
        return moment + by
    except OverflowError:
        return LAST if by > timedelta(0) else FIRST


def parse(text: str) -> datetime:
    """Read a time as an option of a command.

    Raises:
        ValueError: it cannot be used; the text says why.
    """
    try:
        return _MOMENT.validate_python(text)
    except ValidationError as error:
        raise ValueError(of_plain_text(error.errors()[0])) from None


def _written_out(moment: Any) -> Any:
    """Not a number: it could count seconds or milliseconds."""
    if not isinstance(moment, datetime) and not (isinstance(moment, str) and _DATE.match(moment)):
        raise ValueError("must be RFC 3339 with an offset, for example 2026-11-24T09:00:00+01:00")
    return moment


def local(text: str) -> datetime:
    """A local time in whole minutes, such as `2026-12-01T09:00`.

    Raises:
        ValueError: it is none, or lies outside the range; the text says what to give.
    """
    try:
        moment = datetime.fromisoformat(text) if _LOCAL.fullmatch(text) else None
    except ValueError:
        moment = None
    if moment is None:
        raise ValueError("must be a local time without an offset, in whole minutes, for example 2026-12-01T09:00")
    check(moment.replace(tzinfo=UTC))
    return moment


def _is_local(text: str) -> str:
    local(text)
    return text


def in_words(moment: datetime) -> str:
    """The moment in UTC, as RFC 3339."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


Moment = Annotated[AwareDatetime, BeforeValidator(_written_out), AfterValidator(check)]
"""A time that a caller may give."""

_MOMENT: TypeAdapter[datetime] = TypeAdapter(Moment)

LocalTime = Annotated[str, Field(max_length=32, examples=["2026-12-01T09:00"]), AfterValidator(_is_local)]
"""A time on the clock of a place, which the place's zone makes a moment: `local` reads it."""
