"""Approves and rejects alerts that wait for it, within the caller's transaction."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from property_alert_notification.api.access import queries as access
from property_alert_notification.base.clock import Clock
from property_alert_notification.base.errors import Conflict, NotFound, RequestError
from property_alert_notification.base.reasons import Reason, ReasonCode
from property_alert_notification.base.vocabulary import Approval
from property_alert_notification.database import run_within
from property_alert_notification.homes.alerts.approvals import queries
from property_alert_notification.homes.alerts.approvals.facts import queries as facts
from property_alert_notification.homes.alerts.ledger import queries as ledger
from property_alert_notification.homes.alerts.outcomes.queries import unsent
from property_alert_notification.homes.alerts.shards.shard import Shard
from property_alert_notification.notifications import scripts as notification_scripts
from property_alert_notification.notifications.models import Notification

_APPROVED, _REJECTED = Reason(ReasonCode.APPROVED), Reason(ReasonCode.REJECTED)
_ALREADY_TOLD = Reason(ReasonCode.ALREADY_TOLD)


async def decide(
    connection: AsyncConnection,
    user_id: int | None,
    ids: Iterable[UUID],
    decision: Approval,
    *,
    actor: str,
    clock: Clock,
) -> Mapping[UUID, RequestError | None]:
    """Approve or reject these alerts; returns of each why that was impossible, or None.

    One about which the same was decided before stays as it is.

    Args:
        connection: of the transaction.
        user_id: the user whom they are for; None if they may be for any user.
        ids: the ids of their notifications.
        decision: `APPROVED` or `REJECTED`.
        actor: who decides, for the audit record.
        clock: of this process.
    """
    wanted, now = set(ids), clock.now()
    # Before all other locks, as matchers do: the ledger is read, and then written.
    shards = await ledger.lock(connection) if decision is Approval.APPROVED else []
    held = await queries.lock(connection, user_id, wanted)
    decided = set(held.values())
    if decided:
        if decision is Approval.APPROVED:
            told = await _tell(connection, decided, shards, now)
            await queries.approve(connection, _of(held, decided - told), reason=_APPROVED, now=now)
            await _end(connection, _of(held, told), _ALREADY_TOLD, now)
        else:
            await _end(connection, held, _REJECTED, now)
        await queries.note(connection, decided, decision, now=now)
        await access.record(
            connection,
            clock,
            actor=actor,
            action=f"alerts.{decision}",
            subject=f"{len(decided)} alerts",
            notifications=[str(id_) for id_ in sorted(decided)],
        )
    others = await queries.notifications_of(connection, wanted - decided) if wanted - decided else {}
    return {id_: None if id_ in decided else _why_not(others.get(id_), user_id, decision) for id_ in wanted}


def _of(held: Mapping[UUID, UUID], notifications: Collection[UUID]) -> list[UUID]:
    """The deliveries of these notifications."""
    return [delivery for delivery, notification in held.items() if notification in notifications]


async def _end(connection: AsyncConnection, deliveries: Collection[UUID], reason: Reason, now: datetime) -> None:
    """End these deliveries: they are not sent."""
    if deliveries:
        await queries.reject(connection, deliveries, reason=reason, now=now)
        await run_within(connection, notification_scripts.conclude(list(deliveries), at=now))


async def _tell(
    connection: AsyncConnection, alerts: Collection[UUID], shards: Collection[Shard], now: datetime
) -> set[UUID]:
    """Record in the ledger what these alerts tell; returns those whose users were told all of it meanwhile."""
    waiting = await facts.of_alerts(connection, alerts)
    known = await ledger.told_of(connection, {(one.listing_id, one.fact) for one in waiting})
    told_before = {one[1:4] for one in waiting if one.person in known.of(one.listing_id, one.fact)}
    told_before -= (await unsent(connection, told_before)).keys()
    told, tells = set[tuple[UUID, str, int]](), set[UUID]()
    new = list[ledger.NewlyTold]()
    for one in waiting:
        of_home = known.homes.get(one.listing_id, one.listing_id), one.fact, one.person
        if of_home in told or one[1:4] in told_before:
            continue
        told.add(of_home)
        tells.add(one.notification_id)
        new.append(ledger.NewlyTold(one.listing_id, one.fact, one.person, one.sequence))
    await ledger.put_told(connection, new, known, shards=shards, now=now)
    return {one.notification_id for one in waiting if not one.in_first_alert} - tells


def _why_not(one: Notification | None, user_id: int | None, decision: Approval) -> RequestError | None:
    """Why an alert that does not wait for approval could not be decided about; None if the same was decided before."""
    if one is None or one.approval is None or user_id not in (None, one.user_id):
        whose = "There is" if user_id is None else "The user has"
        return NotFound(f"{whose} no alert with this id that needs approval.")
    if one.approval == decision:
        return None
    if one.approval == Approval.WAITING:
        return Conflict("It does not wait for approval: it is not planned yet, or it has ended.")
    return Conflict(f"It was {one.approval} before.")
