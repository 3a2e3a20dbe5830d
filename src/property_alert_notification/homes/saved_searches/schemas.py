"""The requests and answers about saved searches, with the names of RESO's SavedSearch and Prospecting."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, ClassVar, Literal, Self, TypeVar
from uuid import UUID

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from property_alert_notification.api.fields import Line, Object, Text
from property_alert_notification.api.known_fields import Answered, Strict
from property_alert_notification.api.paging import PageCursor
from property_alert_notification.base.vocabulary import Channel
from property_alert_notification.homes.criteria.read_criteria import CONDITIONS
from property_alert_notification.homes.reso.words import ChangeType, in_either_spelling
from property_alert_notification.homes.saved_searches import words
from property_alert_notification.homes.saved_searches.words import HalfDay, QueryType, SearchReason, SearchWarning

LONGEST_QUERY = 8_000
"""Characters of a `$filter`."""

_FILTER_TYPES = {"$filter", "odatafilter", "odata"}
_NO_HALF_DAY = "none"
_Word = TypeVar("_Word", bound=StrEnum)

EXAMPLE: dict[str, Any] = {
    "SavedSearchName": "Near work",
    "Criteria": {
        "StandardStatus": ["Active"],
        "City": ["Seattle"],
        "ListPrice": {"max": 650000, "currency": "USD"},
        "BedroomsTotal": {"min": 3},
    },
    "ScheduleType": "ASAP",
    "ChangeTypes": ["New Listing", "Price Change"],
}


def _query_type(value: Any) -> Any:
    if isinstance(value, str) and value.lower() in _FILTER_TYPES:
        return QueryType.FILTER
    if isinstance(value, str) and value.upper().startswith("DMQL"):
        raise ValueError("DMQL2 is not understood: write the query as an OData $filter, or give Criteria")
    return value


def _half_days(value: Any) -> Any:
    """RESO's `None` stands for no half day."""
    if isinstance(value, list):
        return [day for day in value if not (isinstance(day, str) and day.lower() == _NO_HALF_DAY)]
    return value


def _once(values: list[_Word] | None) -> list[_Word] | None:
    return None if values is None else list(dict.fromkeys(values))


def _not_blank(name: str) -> str:
    if not name.strip():
        raise ValueError("must not be blank: alerts name the search by it")
    return name


_Name = Annotated[Line, Field(min_length=1, max_length=255), AfterValidator(_not_blank)]
_Schedule = Annotated[words.ScheduleType, BeforeValidator(in_either_spelling(words.ScheduleType))]
_HalfDay = Annotated[HalfDay, BeforeValidator(in_either_spelling(HalfDay))]
_HalfDays = Annotated[list[_HalfDay], Field(max_length=14), BeforeValidator(_half_days), AfterValidator(_once)]
_Channels = Annotated[list[Channel], Field(min_length=1, max_length=len(Channel)), AfterValidator(_once)]
_Change = Annotated[ChangeType, BeforeValidator(in_either_spelling(ChangeType))]
WantedChanges = Annotated[list[_Change], Field(min_length=1, max_length=len(ChangeType)), AfterValidator(_once)]
_Type = Annotated[QueryType, BeforeValidator(_query_type)]
_Query = Annotated[Text, Field(min_length=1, max_length=LONGEST_QUERY, examples=["ListPrice le 650000"])]
_Criteria = Annotated[Object, Field(examples=[EXAMPLE["Criteria"]])]


class QueryFields(Strict):
    """A query, in one of its two forms."""

    elsewhere: ClassVar[Mapping[str, str]] = dict.fromkeys(CONDITIONS, "is a condition: write it inside of Criteria")

    model_config = ConfigDict(use_attribute_docstrings=True)

    SearchQuery: _Query | None = None
    """An OData `$filter` over fields of RESO's Property resource."""
    SearchQueryType: _Type | None = None
    """The form of the query, which follows from it and need not be said; `OdataFilter` is understood, too."""
    Criteria: _Criteria | None = None
    """The same as a JSON object. docs/searches.md lists its fields."""

    @model_validator(mode="after")
    def _has_one_query(self) -> Self:
        if self.SearchQuery is not None and self.Criteria is not None:
            raise ValueError("has both SearchQuery and Criteria: give one of them")
        if self.SearchQueryType is QueryType.FILTER and self.SearchQuery is None:
            raise ValueError("has the SearchQueryType $filter without SearchQuery")
        if self.SearchQueryType is QueryType.CRITERIA and self.Criteria is None:
            raise ValueError("has the SearchQueryType Criteria without Criteria")
        return self


class _WantedFields(QueryFields):
    """The fields that a caller chooses."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    DailySchedule: _HalfDays | None = None
    """The half days on which digests are sent: `["MondayAM", "ThursdayPM"]`. With `Daily` the default is every day;
    `Weekly` takes one. `ASAP` and `Monthly` take none."""
    Channels: _Channels | None = None
    """The channels of the alerts. Default: all that the user's preferences allow."""


class SavedSearchCreate(_WantedFields):
    """A search to be saved."""

    model_config = ConfigDict(use_attribute_docstrings=True, json_schema_extra={"examples": [EXAMPLE]})

    SavedSearchName: _Name
    """A name that the user will recognise: alerts contain it."""
    ScheduleType: _Schedule = words.ScheduleType.ASAP
    """How often the user is alerted. `Weekly` is not of RESO."""
    ChangeTypes: WantedChanges | None = None
    """The changes that lead to alerts. Default: New Listing, Price Change, Back On Market, Open House. A listing that
    comes into the range of the search leads to an alert whatever has changed."""
    InitialAlert: Literal["new", "all"] = "new"
    """`new`: only what happens after the search was saved is alerted. `all`: the first alert has the listings that
    match when the search is saved."""
    ConciergeYN: bool = False
    """Whether its alerts are on hold until they are approved, by an agent for example."""

    @model_validator(mode="after")
    def _has_a_query(self) -> Self:
        if self.SearchQuery is None and self.Criteria is None:
            raise ValueError("has no query: give Criteria, or a $filter in SearchQuery")
        return self


def _without_default(schema: dict[str, Any]) -> None:
    schema.pop("default", None)


_Unchanged = Field(json_schema_extra=_without_default)
"""A field that is left out stays as it is, so the schema must not name a default."""


class SavedSearchPatch(_WantedFields):
    """The fields to change; the others stay."""

    model_config = ConfigDict(
        use_attribute_docstrings=True, json_schema_extra={"examples": [{"ScheduleType": "Daily", "Version": 1}]}
    )

    SavedSearchName: Annotated[_Name, _Unchanged] = ""
    ScheduleType: Annotated[_Schedule, _Unchanged] = words.ScheduleType.ASAP
    ChangeTypes: Annotated[WantedChanges | None, _Unchanged] = None
    """The changes that lead to alerts; null means the default."""
    ConciergeYN: Annotated[bool, _Unchanged] = False
    """Whether its alerts are on hold until they are approved. Alerts that wait already go on waiting."""
    Version: int | None = Field(None, ge=1)
    """The version that the change is made to: if the search has another one by now, the call is answered 409. The
    header `If-Match` does the same, and is answered 412."""

    @model_validator(mode="after")
    def _changes_something(self) -> Self:
        if not self.model_fields_set - {"Version"}:
            raise ValueError("has no field to change")
        return self


class WarningPublic(BaseModel):
    """What is remarkable about a search, although it can be saved."""

    code: SearchWarning
    message: str


class SavedSearchPublic(Answered):
    """A saved search."""

    changed_by: ClassVar[Mapping[str, str]] = dict.fromkeys(
        ("ActiveYN", "ReasonActiveOrDisabled"),
        "a search is stopped by POST …/{key}/pause, and goes on by …/{key}/resume",
    )

    model_config = ConfigDict(use_attribute_docstrings=True)

    SavedSearchKey: UUID
    SavedSearchName: str
    ResourceName: Literal["Property"] = "Property"
    SearchQueryType: QueryType
    """The form in which the query was given."""
    SearchQuery: str | None
    """The `$filter` as it was given; null if the query was given as `Criteria`."""
    Criteria: dict[str, Any] | None
    """The criteria as they were given; null if the query was given as a `$filter`."""
    SearchQueryHumanReadable: str
    """The query as a sentence, in the language of the user."""
    ScheduleType: words.ScheduleType
    DailySchedule: list[HalfDay]
    Channels: list[Channel] | None
    """Null means all channels that the user's preferences allow."""
    ChangeTypes: list[ChangeType]
    ConciergeYN: bool
    """Whether its alerts are on hold until they are approved."""
    ActiveYN: bool
    ReasonActiveOrDisabled: SearchReason | None
    """Why it is active or not; null for an active search that was never changed."""
    Version: int
    """Every change raises it. The header `ETag` has it, too."""
    ExpectedPerDay: float | None
    """How many alerts a day the query would have led to in the last weeks, when it was saved; null if no listing
    has changed yet."""
    Warnings: list[WarningPublic]
    LastNewChangedTimestamp: datetime | None
    """The day, in UTC, on which a change of a listing matched last; null if none did yet. A match is shown after ten
    minutes."""
    LastViewedTimestamp: datetime | None
    """When the user looked at it last, as far as it is known."""
    OriginalEntryTimestamp: datetime
    ModificationTimestamp: datetime


class SavedSearchPage(BaseModel):
    """One page of a list, the newest first."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    items: list[SavedSearchPublic]
    next: str | None
    """The `cursor` of the next page; null if this is the last page."""


class SavedSearchQuery(Strict):
    """The filter of a list and the requested page."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    active: bool | None = None
    """Only active searches, or only those that are not."""
    limit: Annotated[int, Field(ge=1, le=100)] = 20
    """The maximum number of searches on the page."""
    cursor: PageCursor | None = None
    """The `next` of the previous page, requested with the same filter. Default: the first page."""
