"""The model of the directory: what is known of users, since when, and whether the User service can be asked."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from tests.scenario.actions import Profile

TTL = timedelta(hours=1)
"""After this long the User service is asked again."""

UNKNOWN_FOR = timedelta(minutes=1)
"""And after this long about a user whom it did not know."""

STALE_FOR = timedelta(days=7)
"""For so long what it once said is used while it does not answer."""

WELL_AFTER = timedelta(seconds=20)
"""After this long it is noticed that it is well again."""

LEFT_AFTER = timedelta(seconds=30)
"""After this long another worker asks what one had asked that died."""

PLACE = ("time_zone", "country", "phone_number")
"""What a profile says of where its user is."""


@dataclass(frozen=True)
class Entry:
    """What is known of a user; no profile is that there is no such user."""

    profile: Profile | None
    known_at: datetime
    is_pushed: bool = False

    def is_fresh(self, now: datetime) -> bool:
        """Whether nobody need be asked."""
        lasts = TTL if self.is_pushed or self.profile is not None else UNKNOWN_FOR
        return now - self.known_at < lasts


@dataclass
class Directory:
    """What is known, and what the User service would say."""

    truth: dict[int, Profile | None] = field(default_factory=dict)
    entries: dict[int, Entry] = field(default_factory=dict)
    trouble: str | None = None
    open_until: datetime | None = None
    """Until then it is open when an answer comes."""

    def profile(self, user: int) -> Profile | None:
        """By which messages to the user are decided, however old it is."""
        return self.entries[user].profile if user in self.entries else None

    def set_trouble(self, kind: str | None, now: datetime) -> None:
        """What the User service is like from now on."""
        self.trouble = kind
        if kind is None:
            self.open_until = now + WELL_AFTER

    def lose_questions(self, now: datetime) -> None:
        """A worker died, and what it asked with it."""
        self.open_until = max(self.open_until or now, now + LEFT_AFTER)

    def may_choose(self, now: datetime) -> bool:
        """Whether it is open when an answer comes: it is slow, was in trouble just now, or a worker died."""
        return self.trouble == "slow" or (self.open_until is not None and now < self.open_until)

    def put(self, user: int, entry: Entry) -> bool:
        """Returns whether the user may be at another place than before, so that other hours count."""
        before = self.profile(user) or {}
        self.entries[user] = entry
        return any(before.get(name) != (entry.profile or {}).get(name) for name in PLACE)

    def answer(self, user: int, asked_at: datetime) -> bool:
        """The User service answers what it knows; returns what `put` returns."""
        return self.put(user, Entry(self.truth.get(user), asked_at))

    def usable(self, user: int, now: datetime) -> Entry | None:
        """What is known of a user while the User service does not answer."""
        entry = self.entries.get(user)
        if entry is None or entry.profile is None or now - entry.known_at >= STALE_FOR:
            return None
        return entry


Answered = Mapping[int, datetime]
"""Of which users the User service was asked, and when; as seen in the store."""
