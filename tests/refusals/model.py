"""What must become of each message, by what the providers know. Written from the docs alone. Pure.

Sources: docs/states.md, docs/operations.md ("Callbacks of providers", "Returned emails", "Answers to SMS"),
docs/people.md ("Unsubscribing", "Suppression list", "Preference page", "Consent records").
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from tests.refusals.people import Kind, Person

ENDS = {
    ("email", Kind.KEEPS): "sent",
    ("email", Kind.CLICKS): "sent",
    ("email", Kind.PAGE): "sent",
    ("email", Kind.COMPLAINS): "sent",
    ("email", Kind.GONE): "failed",
    ("email", Kind.BOUNCES): "failed",
    ("sms", Kind.KEEPS): "delivered",
    ("sms", Kind.STOPS): "delivered",
    ("sms", Kind.UNREACHABLE): "failed",
    ("sms", Kind.OPTED_OUT): "failed",
}
"""The end of a message that came to its provider."""
SAY_NO = frozenset(Kind) - {Kind.KEEPS, Kind.UNREACHABLE}
SUPPRESSED_BY = {
    Kind.CLICKS: "unsubscribe",
    Kind.PAGE: "unsubscribe",
    Kind.COMPLAINS: "complaint",
    Kind.GONE: "hard_bounce",
    Kind.BOUNCES: "hard_bounce",
    Kind.STOPS: "stop",
    Kind.OPTED_OUT: "stop",
}
"""The reason of the entry on the suppression list."""


@dataclass
class Known:
    """What the providers and the people know: the service has no part in it."""

    taken: Counter[str] = field(default_factory=Counter)
    """How often each message was taken, by its title."""
    refused: Counter[str] = field(default_factory=Counter)
    """How often a mail server refused the recipient, by address."""
    complained_about: set[str] = field(default_factory=set)
    """The titles of emails that their readers complained about: so they arrived."""
    said_no_at: dict[int, datetime] = field(default_factory=dict)
    """When the service had answered the refusal of a user."""


@dataclass(frozen=True, slots=True)
class Message:
    """One notification, as the service shows it at the end."""

    id: str
    person: Person
    title: str
    is_late: bool
    """It was submitted after its person had said no."""
    status: str
    reason_codes: Sequence[str]
    claims: Sequence[datetime]
    """When the claims of its attempts began."""
    unknown: int
    """Attempts whose outcome is unknown: each may have been taken."""


def differences(messages: Iterable[Message], known: Known) -> list[str]:
    """Where the service and the providers differ, a line each."""
    return [line for message in messages for line in _differences_of(message, known)]


def _differences_of(message: Message, known: Known) -> Iterable[str]:
    person, taken = message.person, known.taken[message.title]
    name = f"{message.title} ({person.channel}, {person.kind})"
    came = taken > 0 or (person.kind is Kind.GONE and message.status == "failed")
    expected = ENDS[person.channel, person.kind] if came else "suppressed"
    if message.title in known.complained_about:
        expected = "delivered"
    # A worker that is killed leaves an unknown attempt. Its resending is withheld if the person has said no meanwhile.
    is_withheld = message.status == "suppressed" and message.unknown > 0 and person.kind in SAY_NO
    if message.status != expected and not is_withheld:
        yield f"{name} is {message.status} {message.reason_codes}, not {expected}; taken {taken} times"
    if not came and person.kind not in SAY_NO:
        yield f"{name} never came"
    if taken > 1 + message.unknown:
        yield f"{name} came {taken} times with {message.unknown} unknown attempts"
    if message.is_late and person.kind in SAY_NO and (taken or message.claims):
        yield f"{name} was written to after the refusal"
    said_no_at = known.said_no_at.get(person.user_id)
    if said_no_at is not None and any(claim > said_no_at for claim in message.claims):
        yield f"{name} was claimed after the refusal"


SOURCES = {
    Kind.CLICKS: "one_click",
    Kind.PAGE: "preference_page",
    Kind.COMPLAINS: "complaint",
    Kind.STOPS: "reply",
    Kind.OPTED_OUT: "provider",
}
"""By which way the opt-out of a person comes, in its consent record; a bounce is no opt-out."""


def expected_consents(people: Iterable[Person]) -> Mapping[tuple[str | None, str], int]:
    """How many people must have one record of an opt-out, by channel and source; None means every channel."""
    return Counter(
        (None if one.kind is Kind.PAGE else one.channel, SOURCES[one.kind]) for one in people if one.kind in SOURCES
    )


def expected_entries(people: Iterable[Person]) -> Mapping[tuple[str | None, str], int]:
    """How many entries of each channel and reason the suppression list must have; None means every channel."""
    return Counter(
        (None if one.kind is Kind.PAGE else one.channel, SUPPRESSED_BY[one.kind])
        for one in people
        if one.kind in SUPPRESSED_BY
    )
