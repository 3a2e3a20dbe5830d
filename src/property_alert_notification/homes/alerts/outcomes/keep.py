"""Keeps why alerts were not sent when their notifications are deleted: `explain` says it while the history is kept.

For facts that were told the told ledger is enough.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from property_alert_notification.homes.alerts.outcomes import queries
from property_alert_notification.homes.alerts.outcomes.alerts import (
    AskedFor,
    TellingDelivery,
    by_alert,
    outcomes_of_alerts,
)
from property_alert_notification.homes.alerts.outcomes.queries import EndedAlert, EndedUnsent, StillUnsent
from property_alert_notification.homes.alerts.outcomes.words import Became, Outcome
from property_alert_notification.homes.alerts.stored_keys import joined, parts_of


async def keep_unsent(connection: AsyncConnection, notifications: Collection[UUID]) -> None:
    """Store what became of those alerts of these notifications, which have all ended, that were not sent.

    Of alerts that are kept already the facts are removed that these notifications told: the ledger alone has them then.
    """
    alerts = await queries.not_sent(connection, notifications)
    asked = {(one.listing_id, one.person) for one in alerts} | await queries.beside_kept(connection, notifications)
    rows = await queries.deliveries_about(connection, asked)
    await queries.leave_only(connection, sorted(set(still_unsent(rows))))
    await queries.keep(connection, list(ended_unsent(alerts, rows)))


def ended_unsent(alerts: Sequence[EndedAlert], rows: Sequence[TellingDelivery]) -> Iterator[EndedUnsent]:
    """Those of these alerts that ended unsent, without the facts that another alert told.

    `rows` are the deliveries of all alerts about their homes.
    """
    became = outcomes_of_alerts(by_alert(rows))
    told = _told_facts(rows, became)
    for one in alerts:
        asked = one.listing_id, one.person
        # No call can ask for an alert about a listing that is not kept any more.
        its = became.get((asked, one.notification_id))
        if its is None or its.outcome not in (Outcome.NOT_TOLD, Outcome.REJECTED):
            continue
        untold = _without(one.facts, told.get(asked, ()))
        if untold or not one.facts:
            code, parameters = (None, None) if its.why is None else (its.why.code.value, its.why.stored)
            yield EndedUnsent(one._replace(facts=untold), its.channel, code, parameters)


def still_unsent(rows: Sequence[TellingDelivery]) -> Iterator[StillUnsent]:
    """The kept alerts among these of which other alerts told facts, with the facts that are still untold."""
    told = _told_facts(rows, outcomes_of_alerts(by_alert(rows)))
    for one in rows:
        untold = _without(one.facts, told.get((one.listing_id, one.person), ()))
        if one.is_final and untold is not None and untold != one.facts:
            yield StillUnsent(one.notification_id, one.alerted_listing, untold)


def _told_facts(
    rows: Sequence[TellingDelivery], became: Mapping[tuple[AskedFor, UUID], Became]
) -> Mapping[AskedFor, set[str]]:
    """The facts that the user has heard by these alerts, for each listing and person."""
    found: dict[AskedFor, set[str]] = {}
    for one in rows:
        asked = one.listing_id, one.person
        if one.left_out is None and became[asked, one.notification_id].outcome is Outcome.TOLD:
            found.setdefault(asked, set()).update(parts_of(one.facts))
    return found


def _without(facts: str | None, told: Collection[str]) -> str | None:
    return None if facts is None else joined(one for one in parts_of(facts) if one not in told)
