"""The request and the answer of a preview."""

from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from property_alert_notification.homes.saved_searches.schemas import (
    EXAMPLE,
    QueryFields,
    WantedChanges,
    WarningPublic,
)


class PreviewRequest(QueryFields):
    """A search that is not saved."""

    model_config = ConfigDict(
        use_attribute_docstrings=True, json_schema_extra={"examples": [{"Criteria": EXAMPLE["Criteria"]}]}
    )

    ChangeTypes: WantedChanges | None = None
    """The changes that would lead to alerts. Default: as when the search is saved."""

    @model_validator(mode="after")
    def _has_a_query(self) -> Self:
        if self.SearchQuery is None and self.Criteria is None:
            raise ValueError("has no query: give Criteria, or a $filter in SearchQuery")
        return self


class ConditionPublic(BaseModel):
    """One condition of the search, and what it does."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    Condition: str
    """The condition as a sentence, in the language of the user."""
    MatchesWithout: int
    """How many homes would match without this condition."""


class PreviewPublic(BaseModel):
    """What a search matches now, and how often it would alert."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    SearchQueryHumanReadable: str
    """The query as a sentence, in the language of the user."""
    MatchesNow: int
    """How many homes on the market match. A home with several listings counts once."""
    ExactYN: bool
    """False: `MatchesNow` is estimated from the listings that were compared, the newest ones."""
    ListingsCompared: int
    ListingsOnMarket: int
    Listings: Annotated[list[dict[str, Any]], Field(max_length=20)]
    """The newest of the matching listings, one of each home."""
    ExpectedPerDay: float | None
    """How many alerts a day the search would have led to in the last four weeks; null if no listing changed."""
    Warnings: list[WarningPublic]
    Advice: str | None
    """Which condition to loosen if nothing matches, or to narrow if too much does, in the language of the user."""
    Conditions: list[ConditionPublic]
    """What each condition does, computed by leaving it out."""
    ConditionsExactYN: bool
    """False: `MatchesWithout` are estimated, since there was no time to leave out each condition for all listings."""
