"""The states of deliveries, the events that move them, and the status of a notification. Pure.

docs/states.md draws it. Every statement that moves a delivery takes its condition from here.
"""

from collections.abc import Collection
from enum import StrEnum

from property_alert_notification.base.vocabulary import DeliveryState, NotificationStatus


class Event(StrEnum):
    """The events that move a delivery."""

    CLAIMED = "claimed"
    """A worker claims it."""
    TAKEN = "taken"
    """The provider took it."""
    NOT_TAKEN = "not taken"
    """The provider did not take it, and the worker retries it."""
    GIVEN_BACK = "given back"
    """Its worker stopped before it submitted it to a provider for the first time."""
    UNCERTAIN = "uncertain"
    """The provider may have taken it, or its worker died."""
    GIVEN_UP = "given up"
    """The provider refused it, or its attempts are used up."""
    BROKE = "broke"
    """It broke our own code, or its worker, for the fifth time; or its row breaks every batch that it is in."""
    UNWANTED = "unwanted"
    """Its user does not want it."""
    UNUSED = "unused"
    """No provider carries its channel any more."""
    TOO_LATE = "too late"
    """It expired before it was sent, or before it was decided about."""
    CANCELLED = "cancelled"
    """Its caller cancelled it."""
    COLLECTED = "collected"
    """Its frequency is daily, weekly or monthly, or its user's cap is reached."""
    RELEASED = "released"
    """Its user's frequency changed to `asap`."""
    CARRIED = "carried"
    """The digest that contains it was sent."""
    DROPPED = "dropped"
    """The digest that contains it failed."""
    HELD = "held"
    """A pause, quiet hours, a legal window or a cap delays it."""
    REPLAYED = "replayed"
    """An operator replayed it."""
    DISCARDED = "discarded"
    """An operator discarded it."""
    APPROVED = "approved"
    """It was on hold, and was approved."""
    REJECTED = "rejected"
    """It was on hold, and was rejected."""
    CONFIRMED = "confirmed"
    """The provider reports that it took it, before or instead of its answer."""
    ARRIVED = "arrived"
    """The provider reports that it arrived."""
    BOUNCED = "bounced"
    """The provider reports that it did not."""
    ERASED = "erased"
    """Its user was erased. A delivery that a worker holds is settled first."""


WAITING = (DeliveryState.QUEUED, DeliveryState.HELD, DeliveryState.RETRY_WAIT, DeliveryState.UNKNOWN)
"""A worker may claim these once `due_at` has come."""

COLLECTED = (DeliveryState.COLLECTED,)
"""These wait for their digest; no worker claims them."""

LEASED = (DeliveryState.SENDING,)
"""A worker holds these until their lease ends: only it settles them, and only the rescuer takes them over."""

STUCK = (DeliveryState.ON_HOLD, DeliveryState.QUARANTINED)
"""These wait for a decision."""

ENDED = (
    DeliveryState.SENT,
    DeliveryState.DELIVERED,
    DeliveryState.FAILED,
    DeliveryState.SUPPRESSED,
    DeliveryState.EXPIRED,
    DeliveryState.CANCELLED,
)
"""These have ended."""

_ENDED = frozenset(ENDED)

OPEN = tuple(state for state in DeliveryState if state not in ENDED)
"""These are open: a worker, a digest or a decision still moves them."""

_NEVER_TAKEN = (DeliveryState.QUEUED, DeliveryState.HELD, DeliveryState.RETRY_WAIT)
_MAYBE_TAKEN = (*LEASED, DeliveryState.UNKNOWN, DeliveryState.HELD, DeliveryState.RETRY_WAIT)
_MOVES: dict[Event, tuple[tuple[DeliveryState, ...], DeliveryState]] = {
    Event.CLAIMED: (WAITING, DeliveryState.SENDING),
    Event.TAKEN: (LEASED, DeliveryState.SENT),
    Event.NOT_TAKEN: (LEASED, DeliveryState.RETRY_WAIT),
    Event.GIVEN_BACK: (LEASED, DeliveryState.QUEUED),
    Event.UNCERTAIN: (LEASED, DeliveryState.UNKNOWN),
    Event.GIVEN_UP: (LEASED, DeliveryState.FAILED),
    Event.BROKE: ((*WAITING, *COLLECTED, *LEASED), DeliveryState.QUARANTINED),
    Event.UNWANTED: ((*LEASED, *COLLECTED), DeliveryState.SUPPRESSED),
    Event.UNUSED: (WAITING, DeliveryState.SUPPRESSED),
    Event.TOO_LATE: ((*LEASED, *COLLECTED, *STUCK), DeliveryState.EXPIRED),
    Event.CANCELLED: ((*WAITING, *COLLECTED, *STUCK, *LEASED), DeliveryState.CANCELLED),
    # A delivery that its provider may have taken joins no digest.
    Event.COLLECTED: ((*_NEVER_TAKEN, *LEASED), DeliveryState.COLLECTED),
    Event.RELEASED: (COLLECTED, DeliveryState.QUEUED),
    Event.CARRIED: (COLLECTED, DeliveryState.SENT),
    Event.DROPPED: (COLLECTED, DeliveryState.FAILED),
    Event.HELD: ((*WAITING, *LEASED), DeliveryState.HELD),
    Event.REPLAYED: ((DeliveryState.QUARANTINED,), DeliveryState.QUEUED),
    Event.DISCARDED: ((DeliveryState.QUARANTINED,), DeliveryState.FAILED),
    Event.APPROVED: ((DeliveryState.ON_HOLD,), DeliveryState.QUEUED),
    Event.REJECTED: ((DeliveryState.ON_HOLD,), DeliveryState.SUPPRESSED),
    # A provider may report before its answer is settled, on a delivery whose outcome is unknown otherwise, and on one
    # that would be sent again: by its report it has it.
    Event.CONFIRMED: (_MAYBE_TAKEN, DeliveryState.SENT),
    Event.ARRIVED: ((*_MAYBE_TAKEN, DeliveryState.SENT), DeliveryState.DELIVERED),
    Event.BOUNCED: (
        (*LEASED, DeliveryState.UNKNOWN, DeliveryState.SENT, DeliveryState.DELIVERED),
        DeliveryState.FAILED,
    ),
    Event.ERASED: ((*WAITING, *COLLECTED, *STUCK), DeliveryState.SUPPRESSED),
}


REPORTABLE = _MOVES[Event.BOUNCED][0] + tuple(
    state for state in _MOVES[Event.ARRIVED][0] if state not in _MOVES[Event.BOUNCED][0]
)
"""A report of a provider may move these."""


def movable_by(event: Event) -> tuple[DeliveryState, ...]:
    """The states in which an event moves a delivery; in all others it changes nothing."""
    return _MOVES[event][0]


def movable_unleased(event: Event) -> tuple[DeliveryState, ...]:
    """These states without the leased ones, which their worker settles."""
    return tuple(state for state in movable_by(event) if state not in LEASED)


def is_in(states: Collection[DeliveryState]) -> str:
    """The condition that a delivery is in one of these states, with the exact text of an index.

    A partial index is of use only to a query that repeats its condition word for word.
    """
    words = [f"'{state}'" for state in states]
    return f"state = {words[0]}" if len(words) == 1 else f"state IN ({', '.join(words)})"


def after(state: DeliveryState, event: Event) -> DeliveryState:
    """The state of a delivery after an event; unchanged if the event does not apply.

    So a repeated event changes nothing, one that comes too late changes nothing, and an end stays an end: `sent` may
    still become `delivered` or `failed`, and `delivered` may become `failed`, never the other way round.
    """
    movable, target = _MOVES[event]
    return target if state in movable else state


FOLLOWED = (*COLLECTED, DeliveryState.SENT, DeliveryState.DELIVERED, DeliveryState.FAILED)
"""An item of a digest follows it through these, in this order: a report may move both after their end. If the digest
ends otherwise, only its items that are still collected do."""

UNFULFILLED = (DeliveryState.FAILED, DeliveryState.EXPIRED, DeliveryState.SUPPRESSED, DeliveryState.CANCELLED)
"""Ends in which no message was sent. Code that moves a delivery here also updates its notification's own status."""

BEST_FIRST = (
    (DeliveryState.DELIVERED, NotificationStatus.DELIVERED),
    (DeliveryState.SENT, NotificationStatus.SENT),
    (DeliveryState.FAILED, NotificationStatus.FAILED),
    (DeliveryState.EXPIRED, NotificationStatus.EXPIRED),
    # A cancelled notification is `cancelled`, although its user did not want one of the other channels.
    (DeliveryState.CANCELLED, NotificationStatus.CANCELLED),
    (DeliveryState.SUPPRESSED, NotificationStatus.SUPPRESSED),
)

KEPT = {status for state, status in BEST_FIRST if state in UNFULFILLED} | {NotificationStatus.SCHEDULED}
"""The statuses that a notification's own row keeps; every other status follows from its deliveries alone."""


def status_of(states: Collection[DeliveryState]) -> NotificationStatus:
    """The status of a notification with deliveries in these states.

    `scheduled` while there are none yet, `pending` while any is open, else the best end that one of them reached.
    """
    if not states:
        return NotificationStatus.SCHEDULED
    if not _ENDED.issuperset(states):
        return NotificationStatus.PENDING
    return next(status for state, status in BEST_FIRST if state in states)


def status_from(kept: str | None, states: Collection[DeliveryState]) -> NotificationStatus:
    """The status of a notification whose row has the status `kept`, as in lists."""
    return status_of(states) if kept is None else NotificationStatus(kept)


def kept_status(states: Collection[DeliveryState]) -> NotificationStatus | None:
    """The status that the row of a planned notification keeps: an end in which no message was sent; or none.

    A notification without deliveries has no address on any requested channel, so nothing is sent.
    """
    status = status_of(states or (DeliveryState.SUPPRESSED,))
    return status if status in KEPT else None
