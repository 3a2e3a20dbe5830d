"""What is decided about one message to one person: to send it, hold it, collect it or suppress it. Pure."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from property_alert_notification.base.reasons import Reason
from property_alert_notification.base.vocabulary import Frequency


class Rule(StrEnum):
    """Which rule decided; `GET /api/v1/preferences/{user_id}/effective` names it."""

    SUPPRESSION = "suppression"
    """The address or the user is on the suppression list."""
    CHANNEL_SWITCH = "channel_switch"
    """The user switched the channel off, or took all consent back."""
    CATEGORY_REQUIRED = "category_required"
    """The category is required: a user cannot refuse it by itself."""
    USER_RULE = "user_rule"
    """What the user said about the category on the channel."""
    CATEGORY_DEFAULT = "category_default"
    """What the category says about the channel."""
    SERVICE_DEFAULT = "service_default"
    """Nothing more special is known: the channel is switched on."""
    URGENT = "urgent"
    """An urgent transactional message goes at once."""
    LEGAL_WINDOW = "legal_window"
    """The law allows the channel at certain hours only."""
    QUIET_HOURS = "quiet_hours"
    """The user does not want to be disturbed."""
    FREQUENCY = "frequency"
    """The user or the category wants a digest."""
    CAP = "cap"
    """The user has had as many messages as they want."""


@dataclass(frozen=True, slots=True)
class Send:
    """It may leave now."""

    reason: Reason
    rule: Rule


@dataclass(frozen=True, slots=True)
class Hold:
    """It may leave later; then everything is asked again."""

    reason: Reason
    rule: Rule
    until: datetime


@dataclass(frozen=True, slots=True)
class Collect:
    """It leaves with others, in a digest."""

    reason: Reason
    rule: Rule
    frequency: Frequency
    closes_at: datetime
    """When the digest is made."""


@dataclass(frozen=True, slots=True)
class Suppress:
    """It must not leave."""

    reason: Reason
    rule: Rule


Decision = Send | Hold | Collect | Suppress
