"""Puts the stored records of all listings of a home together. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from uuid import UUID

from property_alert_notification.homes.listings.combined import combined
from property_alert_notification.homes.listings.snapshot import Snapshot, decode_text
from property_alert_notification.homes.properties.queries import Member


def together(home: UUID, members: Sequence[Member], stored: Mapping[UUID, Sequence[str]]) -> Iterator[Snapshot]:
    """What is known of a home after each record of its listings."""
    if len(members) == 1:  # as most homes have
        id_ = members[0].id
        snapshots = map(decode_text, stored.get(id_, ()))
        yield from snapshots if id_ == home else (replace(one, listing=id_.hex) for one in snapshots)
        return
    names = {f"{one.listing_key} {one.source}": one.id for one in members}
    records = [
        (snapshot.at, name, snapshot)
        for name, id_ in names.items()
        for snapshot in map(decode_text, stored.get(id_, ()))
    ]
    records.sort(key=lambda record: record[:2])
    for snapshot in combined((name, snapshot) for _, name, snapshot in records):
        id_ = names[snapshot.listing]
        yield replace(snapshot, listing="" if id_ == home else id_.hex)
