"""The people of the scenario, and what each does about a message. Pure, and the same for the same seed."""

from dataclasses import dataclass
from enum import StrEnum
from random import Random


class Kind(StrEnum):
    """What a person, or their provider, does when a message comes."""

    KEEPS = "keeps"
    """Nothing: this person goes on getting messages, whatever is forged about them."""
    CLICKS = "clicks"
    """Unsubscribes by the one-click URL in the header of the email."""
    PAGE = "page"
    """Stops everything on the preference page that the email links to."""
    COMPLAINS = "complains"
    """Their mail provider reports a complaint (RFC 5965) to the return path."""
    GONE = "gone"
    """The mail server refuses the recipient at once, by 550 5.1.1."""
    BOUNCES = "bounces"
    """A mail server reports later that there is no such address (RFC 3464), to the return path."""
    STOPS = "stops"
    """Answers the SMS with STOP."""
    UNREACHABLE = "unreachable"
    """The gateway reports that the SMS did not arrive."""
    OPTED_OUT = "opted_out"
    """The gateway reports that the number has opted out."""


EMAIL_SHARES = {Kind.CLICKS: 10, Kind.PAGE: 4, Kind.COMPLAINS: 6, Kind.GONE: 8, Kind.BOUNCES: 6}
SMS_SHARES = {Kind.STOPS: 24, Kind.UNREACHABLE: 12, Kind.OPTED_OUT: 12}
"""Percent of the people of a channel; the others keep their messages."""
STOP_TEXTS = (
    "STOP",
    "Stop.",
    "stop please",
    "Unsubscribe",
    "ARRÊT",
    "baja",
    "\uff33\uff34\uff2f\uff30",
    "STOP\n\nSent from my iPhone",
)


@dataclass(frozen=True, slots=True)
class Person:
    """One user with one address."""

    user_id: int
    channel: str
    kind: Kind
    gets_second_early: bool
    """Their second message is submitted while people refuse, not afterwards."""
    is_forged: bool
    """Somebody else forges refusals of this person."""

    @property
    def address(self) -> str:
        """Their email address or phone number."""
        return f"user{self.user_id}@example.com" if self.channel == "email" else f"+4479{self.user_id:08d}"


def people(random: Random, *, emails: int, numbers: int) -> list[Person]:
    """So many people with an email address and with a phone number, in the order of their ids."""
    kinds = [*_kinds(emails, EMAIL_SHARES), *_kinds(numbers, SMS_SHARES)]
    channels = ["email"] * emails + ["sms"] * numbers
    random.shuffle(both := list(zip(channels, kinds, strict=True)))
    return [
        Person(
            user_id,
            channel,
            kind,
            gets_second_early=random.random() < 0.5,
            is_forged=kind is Kind.KEEPS and random.random() < 0.1,
        )
        for user_id, (channel, kind) in enumerate(both, start=1)
    ]


def _kinds(count: int, shares: dict[Kind, int]) -> list[Kind]:
    refusing = [kind for kind, share in shares.items() for _ in range(count * share // 100)]
    return refusing + [Kind.KEEPS] * (count - len(refusing))
