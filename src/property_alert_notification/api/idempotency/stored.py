"""The answer that is kept for a call which may be repeated. Pure."""

from dataclasses import dataclass

# SQLite has the same ON CONFLICT syntax as PostgreSQL.
from property_alert_notification.api.idempotency.keys import CallKey
from property_alert_notification.base.errors import AnswerLost, KeyReused


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer of a call, as JSON; only successes are stored."""

    status_code: int
    text: str


UNREADABLE = Answer(0, "null")
"""Takes the place of a stored answer that cannot be read."""


@dataclass(frozen=True, slots=True)
class Stored:
    """A call that was answered before."""

    key: CallKey
    """With the fingerprint of that call."""
    answer: Answer


def repeat(known: Stored, key: CallKey) -> Answer:
    """The answer of the first call, for a repetition of it.

    Raises:
        AnswerLost: the stored answer of the first call cannot be read.
        KeyReused: this is not a repetition, but another call with the same key.
    """
    if known.answer is UNREADABLE:
        raise AnswerLost
    if known.key.fingerprint != key.fingerprint:
        raise KeyReused
    return known.answer
