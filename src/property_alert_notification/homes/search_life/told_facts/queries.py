"""The facts that a first alert tells of the homes that it names: all that made them what they are when it is made.

It shows where a home is and at what price, so nobody needs to hear of an earlier change of these. Open houses are
told by alerts of their own.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import NamedTuple, TypeAlias
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from property_alert_notification.base.damaged import readable
from property_alert_notification.database import BatchStatement, as_rows, columns_of, table_of
from property_alert_notification.homes.alerts.changes.earlier.queries import facts_before, last_changes
from property_alert_notification.homes.alerts.news import Earlier, news_of
from property_alert_notification.homes.listings.history import decode_facts
from property_alert_notification.homes.listings.models import Listing, ListingChange, ListingVersion
from property_alert_notification.homes.listings.snapshot import decode_text
from property_alert_notification.homes.listings.versions.queries import is_after
from property_alert_notification.homes.properties.queries import HOME, WITH_HOME, members
from property_alert_notification.homes.reso.words import ChangeType

_changes, _versions, _listings = table_of(ListingChange), table_of(ListingVersion), table_of(Listing)

FactsOfHomes: TypeAlias = Mapping[UUID, Sequence[tuple[UUID, str, int]]]
"""The facts of homes: each with the listing and the number of the change that tells it, and its key."""


class _Change(NamedTuple):
    sequence: int
    listing_id: UUID
    property_id: UUID
    facts: str
    was_known: bool
    snapshot: str


_CHANGES = BatchStatement(
    columns_of(_changes, "sequence"),
    lambda wanted: (
        select(
            _changes.c.sequence,
            _changes.c.listing_id,
            HOME,
            _changes.c.facts,
            _changes.c.before_at.is_not(None),
            _versions.c.snapshot,
        )
        .select_from(WITH_HOME)
        .join(_changes, _changes.c.listing_id == _listings.c.id)
        .join(_versions, is_after(_versions, _changes))
        .where(_changes.c.sequence.in_(select(wanted.c.sequence)))
    ),
)


async def facts_of_homes(connection: AsyncConnection, homes: Collection[UUID], *, until: int) -> FactsOfHomes:
    """The facts that a first alert tells of these homes, of their last changes up to a number."""
    if not homes:
        return {}
    listings = [one.id for one in await members(connection, homes)]
    sequences = await last_changes(connection, listings, until=until)
    changes = [_Change(*row) for row in await _CHANGES.run(connection, as_rows(sorted(sequences)))]
    earlier = await facts_before(connection, changes)
    found: dict[UUID, list[tuple[UUID, str, int]]] = {}
    read = readable(
        sorted(changes),
        lambda one: (one, list(_keys(one, earlier[one.sequence]))),
        "change.unreadable",
        lambda one: one.sequence,
    )
    for change, keys in read:
        its = found.setdefault(change.property_id, [])
        its.extend((change.listing_id, key, change.sequence) for key in keys)
    return found


def _keys(change: _Change, earlier: Earlier) -> Iterator[str]:
    facts, now = decode_facts(change.facts), decode_text(change.snapshot)
    for one in news_of(facts, was_known=change.was_known, now=now, earlier=earlier):
        if one.kind != ChangeType.OPEN_HOUSE:
            yield one.key
