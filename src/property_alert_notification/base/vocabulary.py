"""The words of this service, each with one meaning, everywhere."""

import importlib
import pkgutil
from enum import StrEnum

CATEGORY = r"[a-z0-9][a-z0-9_-]{0,63}"
"""The syntax of a category name, as a regular expression for the whole name."""


class Environment(StrEnum):
    """Where a process runs; `local` requires no API key and accepts made-up addresses."""

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
    """The scopes of API keys. No scope implies another."""

    NOTIFICATIONS_WRITE = "notifications:write"
    NOTIFICATIONS_READ = "notifications:read"
    NOTIFICATIONS_URGENT = "notifications:urgent"
    """Allows `urgent` beside `notifications:write`: urgent notifications go first, and into a full backlog."""
    PREFERENCES_WRITE = "preferences:write"
    PREFERENCES_READ = "preferences:read"
    USERS_WRITE = "users:write"
    """Pushes profiles of users; for live keys only."""
    USERS_READ = "users:read"
    """Reads profiles of users; for live keys only."""
    LISTINGS_WRITE = "listings:write"
    """Sends listing events; for live keys only."""
    LISTINGS_READ = "listings:read"
    """Reads listings and their history; for live keys only."""
    SEARCHES_WRITE = "searches:write"
    """Saves searches of users, changes, pauses and deletes them; for live keys only."""
    SEARCHES_READ = "searches:read"
    """Reads saved searches of users; for live keys only."""
    WEBHOOKS_WRITE = "webhooks:write"
    """Creates webhooks, changes them, and sends events again."""
    WEBHOOKS_READ = "webhooks:read"
    """Reads webhooks and their logs."""
    ADMIN = "admin"
    """Pauses and resumes sending, replays and discards quarantined deliveries, and reads the audit record."""


class CategoryKind(StrEnum):
    """The kinds of categories."""

    TRANSACTIONAL = "transactional"
    """It responds to an action of the user: a viewing, an offer, an account."""
    PROMOTIONAL = "promotional"
    """It is any other message: legal windows and caps apply to it."""


class Frequency(StrEnum):
    """How often a user gets messages of a category on a channel."""

    ASAP = "asap"
    """Each message is sent at once."""
    DAILY = "daily"
    """One digest per day."""
    WEEKLY = "weekly"
    """One digest per week."""
    MONTHLY = "monthly"
    """One digest per month."""
    NEVER = "never"
    """No messages."""


class DeliveryState(StrEnum):
    """The state of a delivery. docs/states.md draws the transitions."""

    QUEUED = "queued"
    """Waits for a worker, from `due_at` on."""
    HELD = "held"
    """Waits for the end of a pause, of quiet hours, of a legal window or of a cap."""
    COLLECTED = "collected"
    """Waits for its digest, which sends it together with others."""
    SENDING = "sending"
    """A worker has claimed it, until its lease ends."""
    RETRY_WAIT = "retry_wait"
    """The provider did not take it; it is retried at `due_at`."""
    UNKNOWN = "unknown"
    """The provider may have taken it; it is sent once more at `due_at`."""
    ON_HOLD = "on_hold"
    """Waits until it is approved or rejected, or expires."""
    QUARANTINED = "quarantined"
    """Repeatedly broke the worker; waits for an operator."""

    SENT = "sent"
    """A provider took it."""
    DELIVERED = "delivered"
    """The provider reported that it arrived."""
    FAILED = "failed"
    """It is not retried any more; the reason has the cause, and whether it may have arrived."""
    SUPPRESSED = "suppressed"
    """It must not be sent, for its reason."""
    EXPIRED = "expired"
    """It was not sent before its expiry."""
    CANCELLED = "cancelled"
    """Its caller cancelled it."""


class Approval(StrEnum):
    """Whether a notification that needs approval has it."""

    WAITING = "waiting"
    """Its deliveries are on hold until it is approved or rejected."""
    APPROVED = "approved"
    REJECTED = "rejected"


class Outcome(StrEnum):
    """The outcome of one attempt."""

    SENT = "sent"
    """The provider took the message."""
    NOT_SENT = "not_sent"
    """The provider did not take it: it is safe to retry."""
    REFUSED = "refused"
    """The provider will never take it."""
    UNKNOWN = "unknown"
    """The provider may have taken it: a retry may send it twice."""


class BreakerState(StrEnum):
    """The states of a worker's breaker for a provider."""

    CLOSED = "closed"
    """Messages are sent to the provider."""
    OPEN = "open"
    """It failed repeatedly and gets no messages for a while."""
    HALF_OPEN = "half_open"
    """A single message probes it."""


class NotificationStatus(StrEnum):
    """The status of a notification, derived from its deliveries."""

    SCHEDULED = "scheduled"
    """Not planned yet: it has no deliveries."""
    PENDING = "pending"
    """At least one delivery is open."""
    DELIVERED = "delivered"
    """A provider reported that it arrived."""
    SENT = "sent"
    """A provider took it."""
    FAILED = "failed"
    """No delivery was sent, and at least one failed."""
    EXPIRED = "expired"
    """It expired before it could be sent."""
    SUPPRESSED = "suppressed"
    """It must not be sent on any channel."""
    CANCELLED = "cancelled"
    """Its caller cancelled it."""
