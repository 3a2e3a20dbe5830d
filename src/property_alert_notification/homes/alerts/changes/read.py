"""A numbered change of a listing, read for matching: its states, and what it tells. Pure."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from property_alert_notification.base.damaged import readable
from property_alert_notification.homes.alerts.changes.queries import ChangeToMatch
from property_alert_notification.homes.alerts.differences import differences
from property_alert_notification.homes.alerts.news import Earlier, News, is_first, may_be_shown, news_of
from property_alert_notification.homes.listings.facts import Fact
from property_alert_notification.homes.listings.history import decode_facts
from property_alert_notification.homes.listings.snapshot import decode_text


@dataclass(frozen=True, slots=True)
class ReadChange:
    """A change with the states of its listing."""

    sequence: int
    listing_id: UUID
    property_id: UUID
    before: Mapping[str, Any] | None
    """The fields before the change; None if the listing was not known, or is a new offer since the change."""
    after: Mapping[str, Any]
    facts: Sequence[Fact]
    """What changed."""
    news: Sequence[News]
    """What people may be told; empty if they may not hear of the listing."""


def read_change(change: ChangeToMatch, earlier: Earlier) -> ReadChange:
    """Read a change; `earlier` is what its home told before.

    Raises:
        UNREADABLE: its rows are damaged.
    """
    after = json.loads(change.record)
    facts = decode_facts(change.facts)
    # What a home was before it is offered anew does not count: it is new to every search, also to one that it matched
    # when it was sold.
    is_new = is_first(facts, was_known=change.before_at is not None)
    before = None if is_new or change.before is None else json.loads(change.before)
    news: Sequence[News] = ()
    if may_be_shown(after):
        # A deleted listing has no fields, and nobody may be told those of a hidden one: neither says what differs.
        news = news_of(
            facts,
            was_known=change.before_at is not None,
            now=decode_text(change.snapshot),
            earlier=earlier,
            different=differences(before, after) if before is not None and may_be_shown(before) else (),
        )
    return ReadChange(change.sequence, change.listing_id, change.property_id, before, after, facts, news)


def readable_changes(changes: Iterable[ChangeToMatch], earlier: Mapping[int, Earlier]) -> Iterator[ReadChange]:
    """Read changes; damaged ones are left out. `earlier` has what their homes told before, by their numbers."""
    return readable(
        changes, lambda one: read_change(one, earlier[one.sequence]), "change.unreadable", lambda one: one.sequence
    )
