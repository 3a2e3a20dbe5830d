"""What the result of a call shows about its provider. Pure."""

from collections.abc import Mapping

from property_alert_notification.base.breaker import Signal
from property_alert_notification.base.errors import (
    Deferred,
    OutcomeUnknown,
    ProviderDown,
    Refused,
    RetryLater,
    Throttled,
)
from property_alert_notification.channels.base import Receipt
from property_alert_notification.notification_worker.verdict import Result

_SIGNALS: Mapping[type[object], Signal] = {
    Receipt: Signal.WELL,
    Refused: Signal.WELL,
    Deferred: Signal.WELL,
    RetryLater: Signal.FAILED,
    OutcomeUnknown: Signal.FAILED,
    ProviderDown: Signal.DOWN,
    Throttled: Signal.THROTTLED,
}
"""By the nearest class; an error of our own code shows nothing about a provider."""


def signal_of(result: Result) -> Signal | None:
    """What the breaker of the provider learns from a result; None when it shows nothing about the provider."""
    return next((_SIGNALS[kind] for kind in type(result).__mro__ if kind in _SIGNALS), None)
