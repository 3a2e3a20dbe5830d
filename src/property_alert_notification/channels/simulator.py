"""Simulates the outcome of a message submitted with a test key, by its address; no real provider is called.

| outcome | email to | number ends in |
|---|---|---|
| not taken, tried again later | `temporary-failure@…` | `0001` |
| never taken | `permanent-failure@…` | `0002` |
| unknown | `unknown@…` | `0003` |
| taken | any other | any other |

A subaddress distinguishes messages: `unknown+42@example.com` is as unknown as `unknown@example.com`.
"""

from property_alert_notification.base.errors import OutcomeUnknown, Refused, RetryLater, SendError
from property_alert_notification.channels.base import OutgoingMessage, Receipt

NAME = "simulator"
"""The provider that attempts at test messages name."""

_BY_LOCAL_PART: dict[str, type[SendError]] = {
    "temporary-failure": RetryLater,
    "permanent-failure": Refused,
    "unknown": OutcomeUnknown,
}
_BY_LAST_DIGITS: dict[str, type[SendError]] = {"0001": RetryLater, "0002": Refused, "0003": OutcomeUnknown}
_REASONS: dict[type[SendError], str] = {
    RetryLater: "a simulated temporary failure",
    Refused: "a simulated permanent failure",
    OutcomeUnknown: "a simulated loss of the answer",
}


def simulate(message: OutgoingMessage) -> Receipt:
    """Take one message, or fail as its address asks for. Pure.

    Raises:
        RetryLater: the address asks for a temporary failure.
        OutcomeUnknown: it asks for an answer that was lost.
        Refused: it asks for a permanent failure.
    """
    outcome = _asked_for(message.to)
    if outcome is not None:
        raise outcome(_REASONS[outcome])
    return Receipt(provider_message_id=f"simulated-{message.delivery_id}")


def _asked_for(address: str) -> type[SendError] | None:
    local_part, at, _ = address.rpartition("@")
    if at:
        return _BY_LOCAL_PART.get(local_part.partition("+")[0].lower())
    return _BY_LAST_DIGITS.get(address[-4:])
