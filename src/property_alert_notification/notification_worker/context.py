"""What all loops of one worker share."""

from dataclasses import dataclass

from property_alert_notification.base.clock import Clock
from property_alert_notification.base.metrics import Metrics
from property_alert_notification.database import Database
from property_alert_notification.deliveries.scripts import Claim
from property_alert_notification.operators.pauses.cache import PauseCache
from property_alert_notification.operators.quarantine.broken_rows import BrokenRows
from property_alert_notification.people.categories.rules import CurrentCategories


@dataclass(frozen=True, slots=True)
class WorkerContext:
    """The parts that every channel of a worker uses."""

    database: Database
    clock: Clock
    metrics: Metrics
    pauses: PauseCache
    categories: CurrentCategories
    broken_rows: BrokenRows
    """Quarantines rows that break every batch that they are in."""


def ids(claim: Claim) -> dict[str, str]:
    """The fields by which a log line names a delivery."""
    return {"notification_id": str(claim.notification_id), "delivery_id": str(claim.delivery_id)}
