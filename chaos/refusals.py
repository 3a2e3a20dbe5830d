"""Whether messages left although their users had refused them before (invariant I4). Pure."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from chaos.store_reader import StoredDelivery


def claimed_after(deliveries: Iterable[StoredDelivery], refused_at: Mapping[str, datetime]) -> int:
    """How many attempts have a claim that began after the service had answered the refusal.

    Args:
        deliveries: those that the refusals are about.
        refused_at: by reference, when the answer arrived; the refusal was committed before. Processes and store share
            the clock of one machine here.
    """
    return sum(
        attempt.claimed_at > refused_at[one.reference]
        for one in deliveries
        if one.reference in refused_at
        for attempt in one.attempts
    )
