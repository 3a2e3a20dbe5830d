"""The parts that all loops of one worker share."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice
from uuid import UUID

from property_alert_notification.base.clock import Clock
from property_alert_notification.base.metrics import Metrics
from property_alert_notification.database import Database
from property_alert_notification.deliveries.records import Claim
from property_alert_notification.operators.pauses.cache import PauseCache
from property_alert_notification.operators.quarantine.broken_rows import BrokenRows
from property_alert_notification.people.categories.rules import CurrentCategories


class EndedDigests:
    """The digests whose delivery this worker has just settled and whose items are not settled yet."""

    def __init__(self) -> None:
        self._waiting: dict[UUID, None] = {}

    def add_all(self, digests: Iterable[UUID]) -> None:
        """Remember these notifications."""
        self._waiting.update(dict.fromkeys(digests))

    def __len__(self) -> int:
        """How many digests wait."""
        return len(self._waiting)

    def take(self, most: int) -> list[UUID]:
        """Remove and return the first digests, at most this many."""
        taken = list(islice(self._waiting, most))
        for digest in taken:
            del self._waiting[digest]
        return taken


@dataclass(frozen=True, slots=True)
class WorkerContext:
    """The parts that every channel of a worker uses."""

    database: Database
    clock: Clock
    metrics: Metrics
    pauses: PauseCache
    categories: CurrentCategories
    broken_rows: BrokenRows
    """Quarantines rows that break every batch."""
    ended_digests: EndedDigests


def ids(claim: Claim) -> dict[str, str]:
    """The ids of a delivery, for log lines."""
    return {"notification_id": str(claim.notification_id), "delivery_id": str(claim.delivery_id)}
