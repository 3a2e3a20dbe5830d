"""Maps the result of a call to the signal for its provider's breaker. Pure."""

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
"""By the nearest class. An error of our own code has no signal."""


def signal_of(result: Result) -> Signal | None:
    """The signal of a result for the breaker of the provider; None if the result is not about the provider."""
    return next((_SIGNALS[kind] for kind in type(result).__mro__ if kind in _SIGNALS), None)
