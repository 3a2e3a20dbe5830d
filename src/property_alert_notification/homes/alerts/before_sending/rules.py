"""Decides which newer alerts about a home count when an alert is about to be sent: those that are sent. Pure."""

from collections.abc import Container, Iterable
from typing import NamedTuple
from uuid import UUID

from property_alert_notification.base.vocabulary import DeliveryState
from property_alert_notification.deliveries.states import COLLECTED

OUT = (DeliveryState.SENDING, DeliveryState.UNKNOWN, DeliveryState.SENT, DeliveryState.DELIVERED)
"""The states of a delivery that goes out, or may have."""

AlertedHome = tuple[UUID, UUID]
"""A notification, with the listing of the home that it tells of."""


class Newer(NamedTuple):
    """A newer alert about the same home to the same person, with its delivery on one channel, which is open or out."""

    id: UUID
    """Of the notification."""
    listing_id: UUID
    state: str | None
    """Of the delivery; None as long as the addresses are looked up."""
    was_tried: bool
    """Whether an attempt may have reached the person."""
    is_ending: bool
    """Whether it was cancelled, or has expired."""

    @property
    def home(self) -> AlertedHome:
        """The home that it tells of."""
        return self.id, self.listing_id

    @property
    def is_out(self) -> bool:
        """Whether it was sent, is being sent, or may have been."""
        return self.was_tried or self.state in OUT

    @property
    def waits(self) -> bool:
        """Whether it is sent as soon as it can be. When a digest will be made it may not hold any more."""
        return not self.is_out and self.state not in COLLECTED


class Overtaking(NamedTuple):
    """What newer alerts mean for an older one."""

    has_newer: bool
    """Whether a newer alert is sent on the same channel, was, or waits to be."""
    is_overtaken: bool
    """Whether one was sent on it before, or is being sent."""


NOT_OVERTAKEN = Overtaking(has_newer=False, is_overtaken=False)


def overtaking(newer: Iterable[Newer], together: Container[UUID], untold: Container[AlertedHome]) -> Overtaking:
    """What these newer alerts mean for an older one that is about to be sent.

    Args:
        newer: all that are open or out.
        together: the notifications that are about to be sent with it.
        untold: the homes that newer alerts do not tell of after all, of those that wait or are about to be sent.
    """
    counting = [one for one in newer if _counts(one, together, untold)]
    return Overtaking(bool(counting), any(one.is_out for one in counting))


def _counts(one: Newer, together: Container[UUID], untold: Container[AlertedHome]) -> bool:
    if one.was_tried:
        return True
    if one.id in together or one.waits:
        return not one.is_ending and one.home not in untold
    return one.is_out
