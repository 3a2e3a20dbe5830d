"""Which provider of a channel a delivery goes to. Pure.

The providers stand in a line, in the order of the settings. A delivery goes to the first that works; one that failed it
for certain is passed over until the others have failed it as often. But once nobody can tell whether a provider has
it, a delivery stays with that one: any other could only send it twice.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from property_alert_notification.base.vocabulary import Outcome
from property_alert_notification.notification_worker.breaker import FIRST


@dataclass(frozen=True, slots=True)
class Try:
    """An earlier attempt at a delivery."""

    provider: str
    outcome: Outcome | None
    """None while nobody has said."""
    started_at: datetime


@dataclass(frozen=True, slots=True)
class Assignment:
    """How one provider stands at this moment."""

    provider: str
    wait: float = 0.0
    """Seconds for which it gets nothing."""
    probe: bool = False
    """It gets one message, to try it out."""


@dataclass(frozen=True, slots=True)
class Wait:
    """No provider may have it now."""

    seconds: float


def route(tries: Sequence[Try], line: Sequence[Assignment]) -> Assignment | Wait:
    """Where a delivery goes that was tried so before."""
    if not tries and not line[0].wait:
        return line[0]  # as nearly always
    candidates = _candidates(tries, line)
    ready = [place for place in candidates if not place.wait]
    if not ready:
        return Wait(min(place.wait for place in candidates))
    failures = _failures(tries)
    return min(ready, key=lambda place: failures[place.provider])


class ProviderOrder:
    """Finds places for the deliveries of one round of claiming, so that no two of them try the same provider out."""

    def __init__(self, places: Sequence[Assignment]) -> None:
        """`places` is how all providers stand, in order."""
        self._places = list(places)

    def place(self, tries: Sequence[Try]) -> Assignment | Wait:
        """Where the next delivery goes, which was tried so before."""
        found = route(tries, self._places)
        if isinstance(found, Assignment) and found.probe:
            self._places[self._places.index(found)] = Assignment(found.provider, wait=FIRST)
        return found


def elsewhere(tries: Sequence[Try], line: Sequence[Assignment]) -> bool:
    """Whether a delivery that was just not taken may go to another provider at once; the last try is that one."""
    match route(tries, line):
        case Wait():
            return False
        case Assignment(provider=provider):
            failures = _failures(tries)
            return failures[provider] < failures[tries[-1].provider]


def _candidates(tries: Sequence[Try], line: Sequence[Assignment]) -> Sequence[Assignment]:
    unsure = {one.provider for one in tries if one.outcome is Outcome.UNKNOWN or one.outcome is None}
    # A provider that left the settings cannot be asked again.
    return [place for place in line if place.provider in unsure] or line


def _failures(tries: Sequence[Try]) -> Counter[str]:
    return Counter(one.provider for one in tries if one.outcome is Outcome.NOT_SENT)
