"""Approves and rejects alerts that wait for it, within the caller's transaction."""

from collections.abc import Iterable, Mapping
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from property_alert_notification.api.access import queries as access
from property_alert_notification.base.clock import Clock
from property_alert_notification.base.errors import Conflict, NotFound, RequestError
from property_alert_notification.base.reasons import Reason, ReasonCode
from property_alert_notification.base.vocabulary import Approval
from property_alert_notification.database import run_within
from property_alert_notification.homes.alerts.approvals import queries
from property_alert_notification.notifications import scripts as notification_scripts
from property_alert_notification.notifications.models import Notification

_APPROVED, _REJECTED = Reason(ReasonCode.APPROVED), Reason(ReasonCode.REJECTED)


async def decide(
    connection: AsyncConnection, user_id: int, ids: Iterable[UUID], decision: Approval, *, actor: str, clock: Clock
) -> Mapping[UUID, RequestError | None]:
    """Approve or reject these alerts to a user; returns of each why that was impossible, or None.

    One about which the same was decided before stays as it is.

    Args:
        connection: of the transaction.
        user_id: the user whom they are for.
        ids: the ids of their notifications.
        decision: `APPROVED` or `REJECTED`.
        actor: who decides, for the audit record.
        clock: of this process.
    """
    wanted, now = set(ids), clock.now()
    held = await queries.lock(connection, user_id, wanted)
    decided = set(held.values())
    if decided:
        if decision is Approval.APPROVED:
            await queries.approve(connection, held, reason=_APPROVED, now=now)
        else:
            await queries.reject(connection, held, reason=_REJECTED, now=now)
            await run_within(connection, notification_scripts.conclude(list(held), at=now))
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


def _why_not(one: Notification | None, user_id: int, decision: Approval) -> RequestError | None:
    """Why an alert that does not wait for approval could not be decided about; None if the same was decided before."""
    if one is None or one.user_id != user_id or one.approval is None:
        return NotFound("The user has no alert with this id that needs approval.")
    if one.approval == decision:
        return None
    if one.approval == Approval.WAITING:
        return Conflict("It does not wait for approval: it is not planned yet, or it has ended.")
    return Conflict(f"It was {one.approval} before.")
