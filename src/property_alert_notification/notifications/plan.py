"""Which deliveries a notification becomes. Pure."""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from property_alert_notification.base.reasons import Reason, ReasonCode
from property_alert_notification.base.vocabulary import Channel, DeliveryState
from property_alert_notification.deliveries.scripts import NewDelivery
from property_alert_notification.people.preferences.rules import Preferences, Suppress, decide

NOT_USED = Reason(ReasonCode.CHANNEL_NOT_USED)
"""The reason why nothing is sent on a channel without a provider."""


@dataclass(frozen=True, slots=True)
class Planned:
    """One delivery to be made, or the reason why not."""

    channel: Channel
    address: str
    state: DeliveryState
    reason: Reason


def plan(
    addresses: Mapping[Channel, str],
    preferences: Preferences | None,
    *,
    only: Collection[Channel] | None,
    unused: Collection[Channel] = (),
) -> Iterator[Planned]:
    """One delivery per address on a channel that the caller asked for: queued, or suppressed with the reason.

    No provider carries the `unused` channels.
    """
    for channel, address in addresses.items():
        if only is not None and channel not in only:
            continue
        if channel in unused:
            yield Planned(channel, address, DeliveryState.SUPPRESSED, NOT_USED)
        else:
            yield _plan_channel(channel, address, preferences)


def _plan_channel(channel: Channel, address: str, preferences: Preferences | None) -> Planned:
    decision = decide(channel, preferences)
    if isinstance(decision, Suppress):
        return Planned(channel, address, DeliveryState.SUPPRESSED, decision.reason)
    return Planned(channel, address, DeliveryState.QUEUED, decision.reason)


def create_deliveries(
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
        reason_code=planned.reason.code.value,
        reason_parameters=planned.reason.stored,
        due_at=now if planned.state is DeliveryState.QUEUED else None,
        changed_at=now,
    )
