"""The answer that explains what became of a home for a user."""

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from property_alert_notification.base.reasons import ReasonCode
from property_alert_notification.homes.alerts.outcomes.facts import ExplainedFact
from property_alert_notification.homes.alerts.outcomes.words import Outcome
from property_alert_notification.people.effective.answer import EffectiveDecision


class ExplainedCondition(BaseModel):
    """One condition of a search beside the home."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    condition: str
    """In words."""
    reason: str
    """The condition, and what is true of it."""
    field: str | None
    """The field of the listing; null if the condition has several parts."""
    test: str
    """How the two are compared: `range`, `one_of`, `within`, …"""
    value: Any
    """Of the listing; null if it has none."""
    bound: Any
    """What the search asks for."""
    met: bool | None
    """Null if it is unknown, because the listing has no value: then the search does not match."""
    parts: "list[ExplainedCondition]" = Field([], exclude_if=lambda parts: not parts)
    """The conditions of which `and`, `or`, `not` and `excluding` are made. Left out for all others."""


class ExplainedSearch(BaseModel):
    """A saved search beside the home, both as they are now. One that was deleted is as it was then."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    SavedSearchKey: UUID | None
    """Null if the search was deleted."""
    SavedSearchName: str | None
    """Null if the search was deleted, unless an alert about the home names it."""
    deleted: bool
    """Whether the search was deleted. It is shown if it saw one of the changes."""
    Version: int
    ActiveYN: bool
    ScheduleType: str
    matches: bool | None
    """Whether the home meets all conditions now; null if that is unknown."""
    conditions: list[ExplainedCondition]
    next_digest_at: datetime | None
    """When its next digest is made; null if it alerts at once, or if that is not computed yet."""
    outcome: Outcome | None
    """`no_change` if the home has begun to match after its last change, by what is none; otherwise null."""
    reason: str | None
    """This outcome as a sentence."""


class OutcomeAlert(BaseModel):
    """The alert of which an outcome is known."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    notification_id: UUID
    channel: str | None
    """The channel of its delivery; null as long as the addresses of the user are looked up."""
    since: datetime
    """When the delivery came into its state: of one that was sent, when it was sent, or when the provider reported that
    it arrived. Without a delivery, when the alert was made."""
    digest_id: UUID | None
    """The digest, a notification, that carries or carried the alert; null if none does."""


class ExplainedOutcome(BaseModel):
    """What became of a change for one search."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    SavedSearchKey: UUID | None
    """Null if the search was deleted."""
    SavedSearchName: str | None
    """As in `searches`."""
    Version: int | None
    """The version of the search that saw the change; null if none did."""
    SearchQueryHumanReadable: str | None
    """What this version looked for, in the user's language."""
    outcome: Outcome
    reason_code: ReasonCode | None
    """Why the user was not told, or not yet: of `not_told`, `on_its_way`, `waits_for_digest`, `waits_for_approval`,
    `rejected` and `no_active_search`. Null if the outcome is another one, needs no reason, or if the reason was not
    recorded."""
    reason: str
    """The outcome as a sentence."""
    alert: OutcomeAlert | None
    """The alert that told the change, is to tell it, or was not sent: by this search or another one, about this listing
    of the home or another one. Null if there is none, or if it is not kept any more (`RETENTION_DAYS`)."""
    unmet: list[str] = []
    """The conditions that the home did not meet then, and what it had; of one with several parts, what each had."""


class ExplainedChange(BaseModel):
    """A change of the home."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    sequence: int
    """Its number in the order of commits."""
    at: datetime
    """When it was stored."""
    ListingKey: str
    ModificationTimestamp: str | None
    """By the clock of the feed."""
    facts: list[ExplainedFact]
    """Empty if only fields changed that are no fact, or if another listing of the home told the same before. `In Range`
    is one of them if the home came into the range of one of the searches."""
    searches: list[ExplainedOutcome]


class ExplainedDelivery(BaseModel):
    """What became of an alert on one channel."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    channel: str
    state: str
    reason_code: ReasonCode
    reason: str
    changed_at: datetime
    """When it came into this state: of one that was sent, when it was sent."""
    told_by: UUID | None = Field(None, exclude_if=lambda one: one is None)
    """The newer alert that was sent in place of this one (`newer_alert`, `price_changed_since`). Left out if there is
    none."""


class ExplainedAlert(BaseModel):
    """An alert about the home."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    notification_id: UUID
    accepted_at: datetime
    """When it was made."""
    sequence: int
    """The newest change that it tells."""
    first_alert: bool
    """Whether it is the first alert of a search, with all homes that matched when the search was saved. It tells no
    facts, but what holds."""
    left_out: ReasonCode | None
    """Why the first alert does not name this home; null if it does."""
    facts: list[ExplainedFact]
    deliveries: list[ExplainedDelivery]
    """Empty as long as the addresses of the user are looked up."""


class Explanation(BaseModel):
    """What became of a home for a user, and what would become of a further alert."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    ListingKey: str
    property_id: UUID
    """The home, under whatever listings."""
    StandardStatus: str
    shown: bool
    """Whether people may hear of the listing."""
    discarded: bool
    """Whether the user discarded it."""
    searches: list[ExplainedSearch]
    changes: list[ExplainedChange]
    """The last 20 changes of the home, the newest first."""
    alerts: list[ExplainedAlert]
    """The alerts to the user that are kept, the newest first."""
    decisions: list[EffectiveDecision]
    """For each channel, what would become of an alert now, by consent, quiet hours, frequency and caps, and by whether
    the profile of the user has an address."""
