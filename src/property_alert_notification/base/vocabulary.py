"""The words of this service, each with one meaning, everywhere."""

import importlib
import pkgutil
from enum import StrEnum

CATEGORY = r"[a-z0-9][a-z0-9_-]{0,63}"
"""How a category is written, as a regular expression for the whole of it."""


class Environment(StrEnum):
    """Where a process runs; `local` asks for no credentials and accepts addresses made up for a walkthrough."""

    LOCAL = "local"
    STAGING = "staging"
    PRODUCTION = "production"


_CHANNEL_FILE = "_channel"


def _channels() -> dict[str, str]:
    """The channels, by the names of their files: `channels/email_channel.py` defines `email`.

    The files are only listed here. They import this module.
    """
    folder = importlib.import_module("property_alert_notification.channels").__path__
    files = sorted(module.name for module in pkgutil.iter_modules(folder))
    names = [file.removesuffix(_CHANNEL_FILE) for file in files if file.endswith(_CHANNEL_FILE)]
    return {name.upper(): name for name in names}


class Channel(StrEnum):
    """A way to reach a person."""

    vars().update(_channels())


class Scope(StrEnum):
    """What an API key allows. None of them implies another."""

    NOTIFICATIONS_WRITE = "notifications:write"
    NOTIFICATIONS_READ = "notifications:read"
    NOTIFICATIONS_URGENT = "notifications:urgent"
    """Allows `urgent` beside `notifications:write`: urgent notifications go first, and into a full backlog."""
    PREFERENCES_WRITE = "preferences:write"
    PREFERENCES_READ = "preferences:read"
    USERS_WRITE = "users:write"
    """Says what the User service knows of a user; a live key only."""
    USERS_READ = "users:read"
    """Shows what is known of a user; a live key only."""
    ADMIN = "admin"
    """Pauses and resumes sending, replays and discards quarantined deliveries, and reads the audit record."""


class CategoryKind(StrEnum):
    """Why a message of a category is sent."""

    TRANSACTIONAL = "transactional"
    """It is about something that its user does or has: a viewing, an offer, an account."""
    PROMOTIONAL = "promotional"
    """It offers something: windows of law and caps concern it."""


class Frequency(StrEnum):
    """How often a user gets messages of a category on a channel."""

    ASAP = "asap"
    """Each at once."""
    DAILY = "daily"
    """All of a day in one message."""
    WEEKLY = "weekly"
    """All of a week in one message."""
    MONTHLY = "monthly"
    """All of a month in one message."""
    NEVER = "never"
    """None."""


class DeliveryState(StrEnum):
    """The state of a delivery. docs/states.md draws the transitions."""

    QUEUED = "queued"
    """Waits for a worker, from `due_at` on."""
    HELD = "held"
    """Waits until it may be sent: an operator paused it, or the hour is not one for its user or the law."""
    COLLECTED = "collected"
    """Waits for its digest, which sends it together with others."""
    SENDING = "sending"
    """A worker has claimed it, until its lease ends."""
    RETRY_WAIT = "retry_wait"
    """The provider did not take it; it is tried again at `due_at`."""
    UNKNOWN = "unknown"
    """The provider may have taken it; it is sent once more at `due_at`."""
    ON_HOLD = "on_hold"
    """Waits for a person to approve it."""
    QUARANTINED = "quarantined"
    """Broke the worker time and again; waits for a person."""

    SENT = "sent"
    """A provider took it."""
    DELIVERED = "delivered"
    """The provider reported that it arrived."""
    FAILED = "failed"
    """It is not tried any more; the reason says why, and whether it may have arrived."""
    SUPPRESSED = "suppressed"
    """It must not be sent; the reason says why."""
    EXPIRED = "expired"
    """It was not sent in time to be of use."""
    CANCELLED = "cancelled"
    """Its caller cancelled it."""


class Outcome(StrEnum):
    """What one attempt came to."""

    SENT = "sent"
    """The provider took the message."""
    NOT_SENT = "not_sent"
    """The provider did not take it: safe to try again."""
    REFUSED = "refused"
    """The provider will never take it."""
    UNKNOWN = "unknown"
    """It may have been taken: trying again may send it twice."""


class BreakerState(StrEnum):
    """Whether a worker gives a provider anything to send."""

    CLOSED = "closed"
    """All is well: messages flow."""
    OPEN = "open"
    """It failed time and again: it gets nothing for a while."""
    HALF_OPEN = "half_open"
    """A single message tries it out."""


class NotificationStatus(StrEnum):
    """What a notification's deliveries come to, taken together."""

    SCHEDULED = "scheduled"
    """Not planned yet: it has no deliveries."""
    PENDING = "pending"
    """At least one delivery is open."""
    DELIVERED = "delivered"
    """A provider reported that it arrived."""
    SENT = "sent"
    """A provider took it."""
    FAILED = "failed"
    """It did not get through on any channel."""
    EXPIRED = "expired"
    """It was of no use any more when it could have been sent."""
    SUPPRESSED = "suppressed"
    """It must not be sent on any channel."""
    CANCELLED = "cancelled"
    """Its caller cancelled it."""
