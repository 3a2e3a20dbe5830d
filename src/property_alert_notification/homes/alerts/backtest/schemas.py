"""The request and the answer of a backtest."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from property_alert_notification.api.paging import PageCursor
from property_alert_notification.base.reasons import ReasonCode
from property_alert_notification.base.times import Moment
from property_alert_notification.homes.alerts.outcomes.facts import ExplainedFact
from property_alert_notification.homes.alerts.outcomes.words import Outcome
from property_alert_notification.homes.saved_searches.schemas import EXAMPLE, QueryFields, WantedChanges


class Versions(StrEnum):
    """Which versions of saved searches are replayed."""

    THEN = "then"
    """Each change is compared with the version that applied when it was made."""
    NOW = "now"
    """All changes are compared with the searches as they are now."""


class BacktestRequest(QueryFields):
    """A past period, and the search to replay it with."""

    model_config = ConfigDict(
        use_attribute_docstrings=True,
        json_schema_extra={"examples": [{"from": "2026-11-01T00:00:00Z", "Criteria": EXAMPLE["Criteria"]}]},
    )

    start: Annotated[Moment | None, Field(alias="from")] = None
    """The beginning of the period, by the clock of this service; up to `LISTING_RETENTION_DAYS` ago. Default: four
    weeks before its end."""
    end: Annotated[Moment | None, Field(alias="to")] = None
    """The end of the period, which is not part of it. Default: now."""
    versions: Versions | None = None
    """`then` (default): the saved searches as they were at each change. `now`: as they are now, for the whole period.
    Not with a query or `ChangeTypes` of the call, which count for the whole period."""
    ChangeTypes: WantedChanges | None = None
    """The changes that lead to alerts. Default: those of the saved search, or of a new one."""
    limit: Annotated[int, Field(ge=1, le=500)] = 100
    """The maximum number of changes in the answer."""
    cursor: PageCursor | None = None
    """The `next` of the answer before, sent with the same other fields. Default: the beginning of the period."""


class BacktestFact(ExplainedFact):
    """A fact of a change, and what became of it."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    outcome: Outcome
    reason_code: ReasonCode | None
    """Why the user was not told, or not yet, or would not be; null if they were, or if it is not known."""
    reason: str
    """The outcome as a sentence."""


class BacktestSearch(BaseModel):
    """A search that tells a fact of the change."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    SavedSearchKey: UUID | None
    """Null if it is not saved, or was deleted since."""
    SavedSearchName: str | None
    Version: int | None
    """The version that is replayed, or that matched then; null if it is not saved."""
    matches: bool
    """Whether it tells a fact of the change by the replay."""
    matched_then: bool
    """Whether the matcher found that it does, when the change was made."""


class BacktestChange(BaseModel):
    """A change of a home that the search tells, or that the user was told."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    sequence: int
    """Its number in the order of commits."""
    at: datetime
    """When it was stored."""
    ListingKey: str
    property_id: UUID
    """The home, under whatever listings."""
    ModificationTimestamp: str | None
    facts: list[BacktestFact]
    searches: list[BacktestSearch]


class Backtest(BaseModel):
    """What the search would have told in the period, beside what the user was told."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    compared: int
    """How many changes of the period were compared by this call."""
    complete: bool
    """False: the period was not compared to its end. Go on with `next`."""
    outcomes: dict[Outcome, int]
    """How many facts of the changes below have which outcome."""
    changes: list[BacktestChange]
    """In the order in which they were made."""
    next: str | None
    """The `cursor` of the next call; null if the whole period was compared."""
