"""Decides whether a message may be sent to a person, and with which frequency. Pure.

The first rule that applies wins: the user's channel switch, a required category, an opt-in that is not confirmed, the
user's rule for category and channel, the category's default, the service's default.
"""

from functools import lru_cache
from typing import NamedTuple

from property_alert_notification.base.reasons import Reason, ReasonCode
from property_alert_notification.base.vocabulary import Channel, Frequency
from property_alert_notification.people.categories.rules import DIGEST, Category
from property_alert_notification.people.decisions import Rule, Send, Suppress
from property_alert_notification.people.preferences.rules import Preferences

NO_DIGESTS = Reason(ReasonCode.CATEGORY_REFUSED, {"category": DIGEST})
"""The reason why a message is not collected: its user refuses the digest that would carry it."""

_NO_PREFERENCES = Suppress(Reason(ReasonCode.NO_PREFERENCES), Rule.CHANNEL_SWITCH)
_OPTED_OUT = Suppress(Reason(ReasonCode.USER_OPTED_OUT), Rule.CHANNEL_SWITCH)


class Permission(NamedTuple):
    """A message may be sent."""

    send: Send
    """The decision if no later rule holds or collects the message."""
    frequency: Frequency
    """The frequency; it is not `never`."""


_USER_OPTED_IN = Reason(ReasonCode.USER_OPTED_IN)
_BY_SERVICE_DEFAULT = Permission(Send(_USER_OPTED_IN, Rule.SERVICE_DEFAULT), Frequency.ASAP)


def permit(channel: Channel, category: Category, preferences: Preferences | None) -> Permission | Suppress:
    """Evaluate the rules that permit a message; returns a Permission, or a Suppress with its reason."""
    if preferences is None:
        return _NO_PREFERENCES
    if channel not in preferences.opted_in:
        return _OPTED_OUT
    if category.required:
        return _required(category.name, category.default.get(channel, Frequency.ASAP))
    if category.confirm_opt_in and is_unconfirmed(category.name, channel, preferences):
        return _unconfirmed(category.name)
    if (by_channel := preferences.rules.frequencies.get(category.name)) and channel in by_channel:
        return _by_user_rule(category.name, by_channel[channel])
    if (default := category.default.get(channel)) is not None:
        return _by_category_default(category.name, default)
    return _BY_SERVICE_DEFAULT


def is_unconfirmed(category: str, channel: Channel, preferences: Preferences) -> bool:
    """Whether the user has not confirmed the opt-in to a category that demands it, or has never opted in."""
    return preferences.is_default or channel in preferences.rules.unconfirmed.get(category, ())


def refuses_digests(channel: Channel, category: Category, preferences: Preferences | None) -> bool:
    """Whether the user refuses digests with messages of this category; nobody can refuse those of a required one."""
    if preferences is None or category.required:
        return False
    return preferences.rules.frequencies.get(DIGEST, {}).get(channel) is Frequency.NEVER


@lru_cache(1024)
def _required(category: str, default: Frequency) -> Permission:
    reason = Reason(ReasonCode.CATEGORY_REQUIRED, {"category": category})
    # A required category ignores a default of `never`.
    frequency = Frequency.ASAP if default is Frequency.NEVER else default
    return Permission(Send(reason, Rule.CATEGORY_REQUIRED), frequency)


@lru_cache(1024)
def _unconfirmed(category: str) -> Suppress:
    reason = Reason(ReasonCode.OPT_IN_UNCONFIRMED, {"category": category})
    return Suppress(reason, Rule.OPT_IN_CONFIRMATION)


@lru_cache(1024)
def _by_user_rule(category: str, frequency: Frequency) -> Permission | Suppress:
    if frequency is Frequency.NEVER:
        return Suppress(Reason(ReasonCode.CATEGORY_REFUSED, {"category": category}), Rule.USER_RULE)
    return Permission(Send(Reason(ReasonCode.CATEGORY_WANTED, {"category": category}), Rule.USER_RULE), frequency)


@lru_cache(1024)
def _by_category_default(category: str, frequency: Frequency) -> Permission | Suppress:
    if frequency is Frequency.NEVER:
        return Suppress(Reason(ReasonCode.CATEGORY_NOT_ASKED_FOR, {"category": category}), Rule.CATEGORY_DEFAULT)
    return Permission(Send(_USER_OPTED_IN, Rule.CATEGORY_DEFAULT), frequency)
