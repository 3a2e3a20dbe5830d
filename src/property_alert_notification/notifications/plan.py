"""Plans the deliveries of a notification. Pure."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import NamedTuple
from uuid import UUID

from property_alert_notification.base.reasons import Reason, ReasonCode
from property_alert_notification.base.vocabulary import Channel, DeliveryState
from property_alert_notification.deliveries.records import NewDelivery
from property_alert_notification.deliveries.states import ENDED
from property_alert_notification.deliveries.windows.keys import WindowKey
from property_alert_notification.people.categories.rules import Category
from property_alert_notification.people.decide import Message, decide
from property_alert_notification.people.decisions import Collect, Decision, Hold, Send, Suppress
from property_alert_notification.people.person import Person

_ENDS = {
    ReasonCode.NO_ADDRESS: DeliveryState.SUPPRESSED,
    ReasonCode.NO_SUCH_USER: DeliveryState.FAILED,
    ReasonCode.EXPIRED: DeliveryState.EXPIRED,
    ReasonCode.TOO_OLD: DeliveryState.EXPIRED,
}
"""The end state of a delivery without an address, by the reason."""

_WAITS_FOR_APPROVAL = Reason(ReasonCode.WAITS_FOR_APPROVAL)

NOT_USED = Reason(ReasonCode.CHANNEL_NOT_USED)
"""The reason of deliveries on a channel without a provider."""


class Planned(NamedTuple):
    """One planned delivery with its state and its reason."""

    channel: Channel
    address: str
    state: DeliveryState
    reason: Reason
    due_at: datetime | None = None
    held_by: str | None = None
    """The cause if its state is `held`."""
    closes_at: datetime | None = None
    """When its digest is made if its state is `collected`."""


def plan(
    addresses: Mapping[Channel, str],
    person: Person,
    category: Category,
    *,
    urgent: bool,
    only: Collection[Channel] | None,
    now: datetime,
    unused: Collection[Channel] = (),
    unreachable: Mapping[Channel, Reason] = MappingProxyType({}),
    digest_at: datetime | None = None,
) -> Iterator[Planned]:
    """Plan one delivery for each address on a requested channel: queued, held, collected or suppressed.

    No provider carries the `unused` channels. On each of the `unreachable` channels the delivery ends at once with that
    reason, unless the user does not want it anyway. With a `digest_at` they are collected for the digest of then.
    """
    every: Mapping[Channel, str | None] = {**addresses, **dict.fromkeys(unreachable)} if unreachable else addresses
    for channel, address in every.items():
        if only is not None and channel not in only:
            continue
        if channel in unused:
            yield Planned(channel, address or "", DeliveryState.SUPPRESSED, NOT_USED)
            continue
        decision = decide(Message(channel, category, address, urgent=urgent, digest_at=digest_at), person, now)
        if address is not None or isinstance(decision, Suppress):
            yield _planned(channel, address or "", decision, now)
        else:
            reason = unreachable[channel]
            yield Planned(channel, "", _ENDS[reason.code], reason)


def _planned(channel: Channel, address: str, decision: Decision, now: datetime) -> Planned:
    match decision:
        case Send(reason=reason):
            return Planned(channel, address, DeliveryState.QUEUED, reason, due_at=now)
        case Hold(reason=reason, rule=rule, until=until):
            return Planned(channel, address, DeliveryState.HELD, reason, due_at=until, held_by=rule)
        case Collect(reason=reason, closes_at=closes_at):
            return Planned(channel, address, DeliveryState.COLLECTED, reason, closes_at=closes_at)
        case Suppress(reason=reason):
            return Planned(channel, address, DeliveryState.SUPPRESSED, reason)


def until_approved(planned: Planned, user_id: int) -> Planned:
    """The delivery, on hold until it is approved; one that has ended stays as it is.

    Once it is approved, a worker decides about it anew, like about one that is due now.
    """
    if planned.state in ENDED:
        return planned
    return Planned(
        planned.channel,
        planned.address,
        DeliveryState.ON_HOLD,
        _WAITS_FOR_APPROVAL,
        held_by=approval_of(user_id),
    )


def approval_of(user_id: int) -> str:
    """The `held_by` of deliveries to a user that wait for approval."""
    return f"approval:{user_id}"


def create_deliveries(
    notification_id: UUID,
    planned: Iterable[Planned],
    *,
    user_id: int,
    category: str,
    urgent: bool,
    test: bool,
    now: datetime,
    new_id: Callable[[], UUID],
) -> tuple[list[NewDelivery], list[WindowKey]]:
    """The rows of the planned deliveries of one notification, and the digest windows that collect some of them."""
    deliveries: list[NewDelivery] = []
    windows: list[WindowKey] = []
    for one in planned:
        held_by = one.held_by
        if one.closes_at is not None:
            window = WindowKey(user_id, test, one.channel, category, one.closes_at)
            windows.append(window)
            held_by = window.held_by
        deliveries.append(
            NewDelivery(
                id=new_id(),
                notification_id=notification_id,
                channel=one.channel,
                address=one.address,
                urgent=urgent,
                test=test,
                state=one.state,
                reason_code=one.reason.code.value,
                reason_parameters=one.reason.stored,
                held_by=held_by,
                due_at=one.due_at,
                changed_at=now,
            )
        )
    return deliveries, windows
