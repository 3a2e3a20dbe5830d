"""Which provider of a channel a delivery goes to. Pure.

The providers have an order, that of the settings. A delivery goes to the first that works; a provider that certainly
did not take it is passed over until the others have failed as often. But once it is unknown whether a provider has it,
a delivery stays with that provider: any other could only send it twice.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from property_alert_notification.base.breaker import FIRST
from property_alert_notification.base.vocabulary import Outcome
from property_alert_notification.deliveries.models import Attempt


@dataclass(frozen=True, slots=True)
class Assignment:
    """A provider that may get a delivery, now or after a wait."""

    provider: str
    wait: float = 0.0
    """Seconds for which it gets nothing."""
    probe: bool = False
    """It gets one message, to try it out."""


@dataclass(frozen=True, slots=True)
class Wait:
    """No provider may have it now."""

    seconds: float


def route(earlier: Sequence[Attempt], order: Sequence[Assignment]) -> Assignment | Wait:
    """The provider for a delivery with these earlier attempts; `order` is all providers as they are now."""
    if not earlier and not order[0].wait:
        return order[0]  # as nearly always
    candidates = _candidates(earlier, order)
    ready = [one for one in candidates if not one.wait]
    if not ready:
        return Wait(min(one.wait for one in candidates))
    failures = _failures(earlier)
    return min(ready, key=lambda one: failures[one.provider])


class ProviderOrder:
    """Assigns the deliveries of one claim to providers, so that no two of them probe the same provider."""

    def __init__(self, order: Sequence[Assignment]) -> None:
        """`order` is all providers as they are now."""
        self._order = list(order)

    def assign(self, earlier: Sequence[Attempt]) -> Assignment | Wait:
        """The provider for the next delivery, which has these earlier attempts."""
        found = route(earlier, self._order)
        if isinstance(found, Assignment) and found.probe:
            self._order[self._order.index(found)] = Assignment(found.provider, wait=FIRST)
        return found


def may_go_elsewhere(earlier: Sequence[Attempt], order: Sequence[Assignment]) -> bool:
    """Whether another provider may get a delivery at once that the provider of the last attempt did not take."""
    match route(earlier, order):
        case Wait():
            return False
        case Assignment(provider=provider):
            failures = _failures(earlier)
            return failures[provider] < failures[earlier[-1].provider]


def _candidates(earlier: Sequence[Attempt], order: Sequence[Assignment]) -> Sequence[Assignment]:
    unsure = {one.provider for one in earlier if one.outcome == Outcome.UNKNOWN or one.outcome is None}
    # A provider that left the settings cannot be asked again.
    return [one for one in order if one.provider in unsure] or order


def _failures(earlier: Sequence[Attempt]) -> Counter[str]:
    return Counter(one.provider for one in earlier if one.outcome == Outcome.NOT_SENT)
