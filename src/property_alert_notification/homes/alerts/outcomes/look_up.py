"""Reads what became of changes for a person."""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import replace

from sqlalchemy.ext.asyncio import AsyncConnection

from property_alert_notification.base.damaged import readable
from property_alert_notification.homes.alerts.changes.read import ReadChange
from property_alert_notification.homes.alerts.drops.queries import dropped_of, reasons_in
from property_alert_notification.homes.alerts.ledger.queries import FactKey, ToldRow, told_rows
from property_alert_notification.homes.alerts.numbers import Numbers, unpack
from property_alert_notification.homes.alerts.outcomes.alerts import outcomes_of_facts
from property_alert_notification.homes.alerts.outcomes.ladder import Knowledge
from property_alert_notification.homes.alerts.outcomes.queries import deliveries_about


async def known_of(
    connection: AsyncConnection, changes: Sequence[ReadChange], known: Knowledge, *, person: int, searches: Numbers
) -> Knowledge:
    """`known` with what became of these changes for a person, whose searches have these numbers, sorted."""
    rows = await told_rows(connection, {(one.listing_id, news.key) for one in changes for news in one.news})
    dropped = await dropped_of(connection, {one.sequence for one in changes})
    deliveries = await deliveries_about(connection, {(one.listing_id, person) for one in changes})
    return replace(
        known,
        told=await asyncio.to_thread(_told_to, person, rows),
        dropped=await asyncio.to_thread(reasons_in, dropped, searches),
        alerts=outcomes_of_facts(deliveries, changes, person=person),
    )


def _told_to(person: int, rows: Iterable[ToldRow]) -> set[FactKey]:
    some = ((row[:2], row.people) for row in rows if row.people is not None)
    unpacked = readable(some, lambda row: (row[0], unpack(row[1])), "told.unreadable", lambda row: row[0])
    return {key for key, people in unpacked if person in people}
