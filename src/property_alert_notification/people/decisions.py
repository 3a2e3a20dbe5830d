"""The decision about one message to one person: send, hold, collect or suppress it. Pure."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from property_alert_notification.base.reasons import Reason
from property_alert_notification.base.vocabulary import Frequency


class Rule(StrEnum):
    """The rule that decided. `GET /api/v1/preferences/{user_id}/effective` names it."""

    SUPPRESSION = "suppression"
    """The address or the user is on the suppression list."""
    CHANNEL_SWITCH = "channel_switch"
    """The user switched the channel off, or withdrew all consent."""
    CATEGORY_REQUIRED = "category_required"
    """The category is required: users cannot refuse it."""
    OPT_IN_CONFIRMATION = "opt_in_confirmation"
    """The user has not confirmed the opt-in to the category on the channel. Evaluated only for categories that demand
    it."""
    USER_RULE = "user_rule"
    """The user set a frequency for the category on the channel."""
    CATEGORY_DEFAULT = "category_default"
    """The category has a default frequency for the channel."""
    SERVICE_DEFAULT = "service_default"
    """No other rule applies, and the channel is switched on."""
    URGENT = "urgent"
    """The message is urgent and transactional: it is sent at once."""
    LEGAL_WINDOW = "legal_window"
    """The law does not allow the channel at this hour."""
    QUIET_HOURS = "quiet_hours"
    """The user's quiet hours forbid this hour."""
    FREQUENCY = "frequency"
    """The user, the category or a saved search sets the frequency daily, weekly or monthly."""
    CAP = "cap"
    """The user's cap is reached."""
    ADDRESS = "address"
    """The profile of the user has no address for the channel. Evaluated for alerts about homes only: other messages may
    have addresses of their own."""


@dataclass(frozen=True, slots=True)
class Send:
    """The message may be sent now."""

    reason: Reason
    rule: Rule


@dataclass(frozen=True, slots=True)
class Hold:
    """The message waits until a time; then all rules are evaluated again."""

    reason: Reason
    rule: Rule
    until: datetime


@dataclass(frozen=True, slots=True)
class Collect:
    """The message waits for its digest."""

    reason: Reason
    rule: Rule
    frequency: Frequency
    closes_at: datetime
    """When the digest window closes."""


@dataclass(frozen=True, slots=True)
class Suppress:
    """The message must not be sent."""

    reason: Reason
    rule: Rule


Decision = Send | Hold | Collect | Suppress
