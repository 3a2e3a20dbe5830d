"""The words of RESO's SavedSearch and Prospecting that this service understands. Pure."""

from collections.abc import Iterable
from enum import StrEnum

from property_alert_notification.base.damaged import readable
from property_alert_notification.homes.reso.words import ChangeType


class QueryType(StrEnum):
    """The form of a query."""

    FILTER = "$filter"
    """An OData `$filter`, in `SearchQuery`."""
    CRITERIA = "Criteria"
    """A JSON object, in `Criteria`."""


class ScheduleType(StrEnum):
    """How often a search alerts its user. `Weekly` is not of RESO."""

    ASAP = "ASAP"
    DAILY = "Daily"
    WEEKLY = "Weekly"
    MONTHLY = "Monthly"


_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
HalfDay = StrEnum("HalfDay", {f"{day}{half}".upper(): f"{day}{half}" for day in _DAYS for half in ("AM", "PM")})  # type: ignore[misc]
"""The half days of `DailySchedule`, from `MondayAM` to `SundayPM`."""


class SearchReason(StrEnum):
    """The values of `ReasonActiveOrDisabled` that RESO has.

    This service gives `Client Disabled`, `Re-Activated` and `Revised` for what users do, and after its checks `Search
    Failing`, `Initial Ignored Warning`, `Final Ignored Warning`, `Ignored` and `No Listings Found Warning`.
    """

    AGENT_DISABLED = "Agent Disabled"
    CLIENT_DISABLED = "Client Disabled"
    CONCIERGE_NOTIFICATION = "Concierge Notification"
    INITIAL_IGNORED_WARNING = "Initial Ignored Warning"
    FINAL_IGNORED_WARNING = "Final Ignored Warning"
    IGNORED = "Ignored"
    INVALID = "Invalid"
    NO_LISTINGS_FOUND_WARNING = "No Listings Found Warning"
    NO_LISTINGS_FOUND = "No Listings Found"
    NO_ONE_TO_SEND_TO = "No One To Send To"
    OVER_LIMIT = "Over Limit"
    RE_ACTIVATED = "Re-Activated"
    REVISED = "Revised"
    SEARCH_FAILING = "Search Failing"
    WELCOME_EMAIL_IGNORED_WARNING = "Welcome Email Ignored Warning"
    WELCOME_EMAIL_IGNORED = "Welcome Email Ignored"


class SearchWarning(StrEnum):
    """What is remarkable about a query, although it can be saved."""

    MATCHES_NOTHING = "matches_nothing"
    MATCHES_TOO_MANY = "matches_too_many"


DEFAULT_CHANGE_TYPES = (
    ChangeType.NEW_LISTING,
    ChangeType.PRICE_CHANGE,
    ChangeType.BACK_ON_MARKET,
    ChangeType.OPEN_HOUSE,
)
"""The changes that a search alerts to if it names none. That a listing comes into the range of a search is always
told."""


def written_changes(changes: Iterable[ChangeType]) -> str:
    """The stored form of a set of change types."""
    wanted = set(changes)
    return ",".join(one for one in ChangeType if one in wanted)


def read_changes(text: str) -> frozenset[ChangeType]:
    """The change types in a stored text; a damaged word is left out, so that the rest of the search still counts."""
    words = [word for word in text.split(",") if word]
    return frozenset(readable(words, ChangeType, "search.change_type_unreadable"))
