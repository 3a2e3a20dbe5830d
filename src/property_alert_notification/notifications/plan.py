"""Which deliveries a notification becomes. Pure."""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from property_alert_notification.deliveries.queries import NewDelivery
from property_alert_notification.preferences.rules import Suppress, Wishes, decide
from property_alert_notification.vocabulary import Channel, DeliveryState


@dataclass(frozen=True, slots=True)
class Planned:
    """One delivery to be made, or the reason why not."""

    channel: Channel
    address: str
    state: DeliveryState
    reason: str


def plan(
    addresses: Mapping[Channel, str], wishes: Wishes | None, *, only: Collection[Channel] | None
) -> Iterator[Planned]:
    """One delivery per address on a channel that the caller asked for: queued, or suppressed with the reason."""
    for channel in Channel:
        if channel in addresses and (only is None or channel in only):
            yield _plan_channel(channel, addresses[channel], wishes)


def _plan_channel(channel: Channel, address: str, wishes: Wishes | None) -> Planned:
    decision = decide(channel, wishes)
    if isinstance(decision, Suppress):
        return Planned(channel, address, DeliveryState.SUPPRESSED, decision.reason)
    return Planned(channel, address, DeliveryState.QUEUED, decision.reason)


def promise(
    notification_id: UUID,
    planned: Planned,
    *,
    urgent: bool,
    test: bool,
    now: datetime,
    new_id: Callable[[], UUID],
) -> NewDelivery:
    """The row of one planned delivery: due at once, or ended from the start."""
    return NewDelivery(
        id=new_id(),
        notification_id=notification_id,
        channel=planned.channel,
        address=planned.address,
        urgent=urgent,
        test=test,
        state=planned.state,
        reason=planned.reason,
        due_at=now if planned.state is DeliveryState.QUEUED else None,
        changed_at=now,
    )
