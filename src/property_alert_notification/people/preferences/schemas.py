"""The requests and answers about preferences."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from property_alert_notification.api.known_fields import Strict
from property_alert_notification.api.problems import Problem
from property_alert_notification.base.vocabulary import Channel
from property_alert_notification.base.wording import Truth
from property_alert_notification.channels.edge import SWITCHES, BySwitchedChannel
from property_alert_notification.people.consent.fields import WithEvidence
from property_alert_notification.people.preferences.rule_fields import CategoryName, RuleFields, RulePatch, is_none

_OTHERS = "Whether each channel that has no field of its own is switched on."


def _is_empty(channels: dict[Channel, bool]) -> bool:
    return not channels


class _Switches(Strict):
    email_enabled: Truth
    sms_enabled: Truth
    channels: Annotated[BySwitchedChannel[Truth], Field(default_factory=dict, description=_OTHERS)]


class _AsAnswered(Strict):
    model_config = ConfigDict(use_attribute_docstrings=True)

    unconfirmed: Annotated[Any, Field(json_schema_extra={"readOnly": True})] = None
    """Part of answers. In a request it is ignored, so an answer can be sent back."""


class PreferenceCreate(RuleFields, WithEvidence, _AsAnswered, _Switches):
    """The preferences of a user."""

    model_config = ConfigDict(json_schema_extra=SWITCHES.documented(email_enabled=True, sms_enabled=True))


def _without_default(schema: dict[str, Any]) -> None:
    schema.pop("default", None)


class _SwitchesPatch(Strict):
    # A field that is left out stays as it is, so the schema must not name a default.
    email_enabled: Annotated[Truth, Field(json_schema_extra=_without_default)] = True
    sms_enabled: Annotated[Truth, Field(json_schema_extra=_without_default)] = True
    channels: Annotated[BySwitchedChannel[Truth], Field(default_factory=dict, description=_OTHERS)]


class PreferencePatch(RulePatch, WithEvidence, _AsAnswered, _SwitchesPatch):
    """The changes to a user's preferences; a field that is left out stays as it is."""

    model_config = ConfigDict(json_schema_extra=SWITCHES.documented(sms_enabled=False))


class PreferenceOfUser(PreferenceCreate):
    """The preferences of one user of a batch."""

    model_config = ConfigDict(json_schema_extra=SWITCHES.documented(user_id=1, email_enabled=True, sms_enabled=False))

    user_id: Annotated[int, Field(strict=True, ge=0, le=2**63 - 1)]


class PreferenceBatch(Strict):
    """The preferences of up to a thousand users."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"preferences": [{"user_id": 1, "email_enabled": True, "sms_enabled": False}]}]
        },
    )

    preferences: Annotated[list[PreferenceOfUser], Field(min_length=1, max_length=1_000)]


class PreferenceCreated(BaseModel):
    """The preferences of this user were stored."""

    user_id: int
    status: Literal["created"] = "created"


class PreferenceRefused(BaseModel):
    """This user has preferences already, which stay as they are."""

    user_id: int
    error: Problem


class PreferenceBatchAnswer(BaseModel):
    """One result per user, in the same order."""

    results: list[PreferenceCreated | PreferenceRefused]


class _PublicSwitches(BaseModel):
    email_enabled: bool
    sms_enabled: bool
    channels: Annotated[dict[Channel, bool], Field(default_factory=dict, exclude_if=_is_empty, description=_OTHERS)]


class PreferencePublic(RuleFields, _PublicSwitches):
    """The preferences of a user. Fields that are not set are left out."""

    model_config = ConfigDict(use_attribute_docstrings=True, json_schema_extra=SWITCHES.documented())

    unconfirmed: Annotated[dict[CategoryName, dict[Channel, datetime]] | None, Field(exclude_if=is_none)] = None
    """Opt-ins that wait for the user's confirmation, by category and channel, each with the time until which the user
    can confirm it. Before the confirmation a category with `confirm_opt_in` sends nothing there."""
