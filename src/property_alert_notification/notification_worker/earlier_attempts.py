"""Reads the earlier attempts of claimed deliveries."""

from collections.abc import Collection
from itertools import groupby
from uuid import UUID

from property_alert_notification.base.vocabulary import Outcome
from property_alert_notification.database import Script
from property_alert_notification.deliveries import scripts as delivery_scripts
from property_alert_notification.deliveries.models import Attempt


def attempts_by_delivery(again: Collection[UUID]) -> Script[dict[UUID, tuple[Attempt, ...]]]:
    """The earlier attempts of these deliveries, oldest first; deliveries without any are left out."""
    if not again:
        return {}
    attempts = yield from delivery_scripts.attempts_of(again)
    by_delivery = groupby(attempts, key=lambda attempt: attempt.delivery_id)
    return {delivery: tuple(_ended(attempt) for attempt in group) for delivery, group in by_delivery}


def _ended(attempt: Attempt) -> Attempt:
    """The worker of an earlier attempt wrote down how it ended, unless that failed too: then it is unknown.

    Raises ValueError when its outcome is a word that this version does not know.
    """
    attempt.outcome = Outcome.UNKNOWN if attempt.outcome is None else Outcome(attempt.outcome)
    return attempt
