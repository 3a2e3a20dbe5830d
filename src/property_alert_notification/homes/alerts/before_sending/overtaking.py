"""Decides which newer alerts about a home count when an alert is about to be sent, and which older ones it replaces.

A newer alert counts if it is sent. It tells the facts of the older ones that it replaces. Pure.

No fact is lost, in whatever order and batches the alerts are claimed. An alert gives its facts up only for a newer one
that holds and waits, or is claimed in the same batch. If that one holds no longer when it is sent, or is sent later, it
is sent for the facts of those that it replaced (`replaced_by`), unless a still newer one has to tell them, too.
It is not sent for the facts of older ones that are open: each of these is claimed itself, and does the same for those
that are older than it is. When a newer alert that waits is looked at for the sake of an older one, it counts only if it
holds by its own facts: if it does not, the older one is sent, and the newer one later for the facts of those between.
"""

from collections.abc import Collection, Container, Iterable
from typing import NamedTuple
from uuid import UUID

from property_alert_notification.base.reasons import ReasonCode
from property_alert_notification.base.vocabulary import DeliveryState
from property_alert_notification.deliveries.states import COLLECTED

OUT = (DeliveryState.SENDING, DeliveryState.UNKNOWN, DeliveryState.SENT, DeliveryState.DELIVERED)
"""The states of a delivery that goes out, or may have."""

REPLACED = frozenset({ReasonCode.NEWER_ALERT, ReasonCode.PRICE_CHANGED_SINCE})
"""Why a delivery ended whose facts a newer alert tells."""

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
    """Whether one was sent on it before, or is being sent, maybe in the same digest."""
    is_told: bool = False
    """Whether one is yet to be sent, and tells its facts then."""


class Older(NamedTuple):
    """An older alert about the same home to the same person that a newer one may have replaced on one channel."""

    id: UUID
    """Of the notification."""
    listing_id: UUID
    sequence: int
    is_out: bool
    """Whether it was sent, is being sent, or may have been."""
    is_replaced: bool = False
    """Whether it was suppressed, because a newer one was to tell its facts."""
    is_ending: bool = False
    """Whether it was cancelled, or has expired."""
    said_the_same: str | None = None
    """Its details, if it is out and told the same facts under another listing: the homes were merged since."""

    @property
    def home(self) -> AlertedHome:
        """The home that it tells of."""
        return self.id, self.listing_id


NOT_OVERTAKEN = Overtaking(has_newer=False, is_overtaken=False)


def went_out_before(newer: Iterable[Newer], together: Container[UUID]) -> bool:
    """Whether one of these newer alerts was sent, or is being sent by another claim.

    It told the facts of all that were older and not told yet: of these no alert that is older than it tells any more.
    """
    return any(one.is_out and one.id not in together for one in newer)


def overtaking(
    newer: Collection[Newer],
    together: Container[UUID],
    untold: Container[AlertedHome],
    firsts: Container[UUID] = (),
) -> Overtaking:
    """What these newer alerts mean for an older one that is about to be sent.

    Args:
        newer: all that are open or out.
        together: the notifications that are about to be sent with it.
        untold: the homes that newer alerts do not tell of after all, of those that wait or are about to be sent.
        firsts: the first alerts: they tell what holds, and no facts of others.
    """
    counting = [one for one in newer if _counts(one, together, untold)]
    telling = any(one.id not in firsts and one.home not in untold for one in counting)
    is_told = telling and not went_out_before(newer, together)
    return Overtaking(bool(counting), any(one.is_out or one.id in together for one in counting), is_told)


def _counts(one: Newer, together: Container[UUID], untold: Container[AlertedHome]) -> bool:
    if one.was_tried:
        return True
    if one.id in together or one.waits:
        return not one.is_ending and one.home not in untold
    return one.is_out


def not_told_yet(
    older: Collection[Older], together: Container[UUID], untold: Container[AlertedHome]
) -> list[AlertedHome]:
    """The older alerts whose facts a newer one tells when it is sent, in their order.

    These were not sent, and no alert that is newer than they are was sent either.

    Args:
        older: all that are out, or that wait, or that a newer alert replaced.
        together: the notifications that are about to be sent with the newer one.
        untold: the homes that these do not tell of after all.
    """
    last = max((one.sequence for one in older if _goes_out(one, together, untold)), default=-1)
    kept = [one for one in older if one.sequence > last and not one.is_ending]
    # An alert may have several addresses of one channel.
    return list(dict.fromkeys(one.home for one in sorted(kept, key=lambda one: (one.sequence, one.id))))


def _goes_out(one: Older, together: Container[UUID], untold: Container[AlertedHome]) -> bool:
    if one.id in together:
        return not one.is_ending and one.home not in untold
    return one.is_out


def replaced_by(
    older: Collection[Older], together: Container[UUID], untold: Container[AlertedHome]
) -> list[AlertedHome]:
    """Those of `not_told_yet` that have ended: if the newer alert is not sent, their facts are told by none."""
    replaced = {one.home for one in older if one.is_replaced}
    return [home for home in not_told_yet(older, together, untold) if home in replaced]
