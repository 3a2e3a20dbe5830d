"""Builds settlements, and stores them together with the status of their notifications."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from property_alert_notification.base.reasons import Reason
from property_alert_notification.base.vocabulary import DeliveryState, Outcome
from property_alert_notification.database import Script, Statement, StatementBatch
from property_alert_notification.deliveries import scripts as delivery_scripts
from property_alert_notification.deliveries.holds import scripts as holds
from property_alert_notification.deliveries.models import Attempt
from property_alert_notification.deliveries.records import Claim, Settlement, Submission
from property_alert_notification.deliveries.states import UNFULFILLED
from property_alert_notification.deliveries.windows import scripts as window_scripts
from property_alert_notification.deliveries.windows.keys import WindowKey
from property_alert_notification.feedback.reports.suppress import Context, RefusedAddress, suppress_refused
from property_alert_notification.notifications import scripts as notification_scripts
from property_alert_notification.notifications.ends.scripts import record_ends


class Settled(NamedTuple):
    """The result of settling."""

    moved: set[UUID]
    is_anyone_listening: bool = False
    """Whether events are recorded for an endpoint; False if no delivery moved."""


def settle(settlements: Sequence[Settlement], submissions: Sequence[Submission] = ()) -> Script[Settled]:
    """Settle deliveries, and conclude the notifications of those that end unfulfilled.

    If the fence of a delivery has changed, `settle` ends the attempt but does not move the delivery. It is a
    transaction of its own. It also stores `submissions`, attempts of other deliveries. Events are recorded for the
    endpoints that want them.
    """
    settled = yield from settle_within(settlements)
    if submissions:
        yield delivery_scripts.open_attempts(submissions)
    return settled


def settle_refused(
    settlements: Sequence[Settlement],
    submissions: Sequence[Submission],
    refused: Sequence[RefusedAddress],
    reports: Context,
) -> Script[Settled]:
    """Settle as `settle` does, and suppress the addresses that a provider refused, at least one."""
    settled = yield from settle(settlements, submissions)
    yield from suppress_refused(refused, reports, now=refused[-1].at)
    return settled


def settle_unheard(settlements: Sequence[Settlement], submissions: Sequence[Submission] = ()) -> Script[set[UUID]]:
    """Settle deliveries of which none ends unfulfilled by one statement, which needs no transaction.

    It records no events: if an endpoint wants to know, it moves no delivery to `sent`. Returns those that moved.
    """
    opened = [delivery_scripts.open_attempts(submissions)] if submissions else []
    extra = [*_joins(settlements), *holds.of_settled(settlements)]
    moved = yield StatementBatch([*opened, *extra, *delivery_scripts.settle(settlements, unheard=True)])
    return {row[0] for row in moved} if settlements else set()


def settle_within(settlements: Sequence[Settlement]) -> Script[Settled]:
    """Settle as a part of a larger transaction."""
    if not settlements:
        return Settled(set())
    *others, move = delivery_scripts.settle(settlements)
    # The deliveries first: every transaction locks them before attempts and notifications.
    rows = yield move
    settled = Settled({row[0] for row in rows}, any(row[1] for row in rows))
    for statement in (*others, *_joins(settlements), *holds.of_settled(settlements)):  # noqa: UP028 - a list takes no rows
        yield statement
    moved = [one for one in settlements if one.delivery_id in settled.moved]
    sent = [one.delivery_id for one in moved if one.state == DeliveryState.SENT]
    if sent and settled.is_anyone_listening:
        yield from record_ends(sent, at=moved[-1].settled_at)
    if ended := [one.delivery_id for one in moved if one.state in UNFULFILLED]:
        yield from notification_scripts.conclude(ended, at=moved[-1].settled_at)
    return settled


def _joins(settlements: Sequence[Settlement]) -> list[Statement]:
    """The statement that joins the digest windows of collected deliveries; usually None."""
    windows = [one.window for one in settlements if one.window is not None]
    return [window_scripts.join(windows)] if windows else []


def postponed(
    claim: Claim, earlier: Sequence[Attempt], *, due_at: datetime, reason: Reason, now: datetime
) -> Settlement:
    """Give back a claim that was never submitted to a provider: it uses up no attempt. Pure."""
    return _give_back(claim, _waiting_state(earlier, waits=due_at > now), reason, due_at=due_at, now=now)


def held(claim: Claim, reason: Reason, *, by: str | None, until: datetime, now: datetime) -> Settlement:
    """Hold a claimed delivery until a time, unsent: it uses up no attempt. Pure."""
    return _give_back(claim, DeliveryState.HELD, reason, due_at=until, held_by=by, now=now)


def collected(claim: Claim, reason: Reason, *, into: WindowKey, now: datetime) -> Settlement:
    """Collect a claimed delivery for a digest window, unsent: it uses up no attempt. Pure."""
    return _give_back(claim, DeliveryState.COLLECTED, reason, held_by=into.held_by, window=into, now=now)


def _give_back(
    claim: Claim,
    state: DeliveryState,
    reason: Reason,
    *,
    due_at: datetime | None = None,
    held_by: str | None = None,
    window: WindowKey | None = None,
    now: datetime,
) -> Settlement:
    unsubmitted = unsent(claim, state, reason, now=now, withdraw=True)
    return unsubmitted._replace(due_at=due_at, counted=False, held_by=held_by, window=window)


def unsent(claim: Claim, state: DeliveryState, reason: Reason, *, now: datetime, withdraw: bool = False) -> Settlement:
    """End a claim without sending it; `withdraw` deletes the attempt that was stored for it. Pure."""
    return Settlement(
        delivery_id=claim.delivery_id,
        fence=claim.fence,
        state=state,
        reason=reason,
        due_at=None,
        outcome=None,
        settled_at=now,
        submitted=not withdraw,
    )


def _waiting_state(earlier: Sequence[Attempt], *, waits: bool) -> DeliveryState:
    if any(attempt.outcome in (Outcome.UNKNOWN, None) for attempt in earlier):
        return DeliveryState.UNKNOWN
    return DeliveryState.RETRY_WAIT if earlier or waits else DeliveryState.QUEUED
