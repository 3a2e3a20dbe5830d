"""What operators see of feeds, and how they set one back."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from property_alert_notification.api.access import queries as access
from property_alert_notification.base.clock import Clock
from property_alert_notification.database import Database
from property_alert_notification.homes.feeds import queries
from property_alert_notification.homes.feeds.models import FeedEvent, FeedPosition
from property_alert_notification.homes.feeds.rounds import LOOKS, are_held
from property_alert_notification.homes.feeds.settings import FeedSettings, event_source

_SHOWN = 5
"""Events that were given up, at most."""

_OF_THE_LEASE = {
    "feed",
    "holder",
    "fence",
    "leased_until",
    "marked_sequence",
    "marked_at",
    "reread_sequence",
    "round_key",
}


@dataclass(frozen=True, slots=True)
class FeedStatus:
    """One feed."""

    feed: str
    position: FeedPosition | None
    """None as long as no worker has begun."""
    is_configured: bool
    has_worker: bool
    """Whether a worker replicates it now."""
    waiting: int
    """Events whose record is to be requested."""
    waiting_since: datetime | None
    given_up: list[FeedEvent]
    """The newest events whose record could not be taken."""

    @property
    def state(self) -> str:
        """What is going on, in a few words."""
        if not self.is_configured:
            return "not in the settings"
        if self.position is None or self.position.load_began_at is None:
            return "not begun"
        if self.position.failing_since is not None:
            return "failing"
        return "loading" if self.position.load_ended_at is None else "following"

    @property
    def progress(self) -> str:
        """How many records were loaded, of how many."""
        if self.position is None:
            return ""
        total = self.position.load_total
        if total is None:
            return f"{self.position.load_read:,}"
        # Records of the same time are read twice where a page ends.
        read = total if self.position.load_ended_at else min(self.position.load_read, total)
        return f"{read:,} of {total:,}"

    @property
    def problem(self) -> str:
        """What operators should look at first."""
        position = self.position
        if self.is_configured and not self.has_worker:
            return "no worker replicates it now: start property-alerts worker"
        if position is not None and position.last_error:
            return position.last_error
        if position is not None and are_held(position.round_doubts):
            looks = f"{position.round_doubts} of {LOOKS} looks"
            return f"the server does not have most listings of a request: they stay on the market ({looks})"
        if self.given_up:
            return f"{self.given_up[0].record_key}: {self.given_up[0].error}"
        return (position.last_refusal or "") if position is not None else ""

    def as_json(self) -> dict[str, Any]:
        """As the command prints it for machines."""
        position = {} if self.position is None else self.position.model_dump(mode="json", exclude=_OF_THE_LEASE)
        since = None if self.waiting_since is None else self.waiting_since.isoformat()
        given_up = [one.model_dump(mode="json", include=_SHOWN_OF_EVENT) for one in self.given_up]
        waits = {"events_waiting": self.waiting, "events_waiting_since": since, "events_given_up": given_up}
        return {"feed": self.feed, "state": self.state, "has_worker": self.has_worker, **position, **waits}


_SHOWN_OF_EVENT = {"source", "sequence", "record_key", "received_at", "error"}


async def statuses(database: Database, clock: Clock, feeds: Mapping[str, FeedSettings]) -> list[FeedStatus]:
    """All feeds of the settings, those that were replicated earlier, and events that no feed takes."""
    found: list[FeedStatus] = []
    now = clock.now()
    async with database.reading() as connection:
        positions = {one.feed: one for one in await queries.positions(connection)}
        known = {event_source(name, feed).lower() for name, feed in feeds.items()}
        # With one feed all events are its own.
        others = set() if len(feeds) == 1 else await queries.waiting_sources(connection) - known
        for name in sorted({*feeds, *positions, *others}):
            settings, position = feeds.get(name), positions.get(name)
            sources = {(name if settings is None else event_source(name, settings)).lower()}
            wanted = None if settings is not None and len(feeds) == 1 else sources
            number, since = await queries.waiting(connection, wanted)
            given_up = await queries.given_up(connection, wanted, limit=_SHOWN)
            leased_until = None if position is None else position.leased_until
            has_worker = leased_until is not None and leased_until > now
            found.append(FeedStatus(name, position, settings is not None, has_worker, number, since, given_up))
    return found


async def replay(
    database: Database,
    clock: Clock,
    name: str,
    settings: FeedSettings,
    *,
    since: datetime | None,
    sequence: int | None,
    actor: str,
) -> None:
    """Set a feed back: to a number of an event, to a time, or to the beginning if both are None."""
    part: dict[str, Any] = {"all": True}
    if sequence is not None:
        before = sequence - 1
        values: dict[str, Any] = {"sequence": before, "marked_sequence": before, "reread_sequence": before}
        part = {"from_sequence": sequence}
    else:
        values = {"modified_at": since, "load_ended_at": None, "load_total": None, "load_read": 0}
        part = part if since is None else {"since": since.isoformat()}
    async with database.transaction() as connection:
        if sequence is not None:
            source = event_source(name, settings)
            await queries.repeat_from(connection, source, sequence, now=clock.now())
        await queries.rewind(connection, name, **values)
        await access.record(connection, clock, actor=actor, action="feed.replayed", subject=name, **part)
