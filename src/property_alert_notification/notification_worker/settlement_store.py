"""Stores settlements: by one statement if no endpoint wants to know, else in a transaction that also records events."""

from collections.abc import Sequence
from uuid import UUID

from property_alert_notification.base.vocabulary import DeliveryState
from property_alert_notification.database import Database
from property_alert_notification.deliveries.records import Settlement, Submission
from property_alert_notification.deliveries.states import UNFULFILLED
from property_alert_notification.events.scripts import is_anyone_listening
from property_alert_notification.feedback.reports.suppress import Context, RefusedAddress
from property_alert_notification.notification_worker.settlement import settle, settle_refused, settle_unheard


class SettlementStore:
    """Stores the settlements of one channel."""

    def __init__(self, database: Database, reports: Context) -> None:
        """`reports` is what makes entries of the suppression list."""
        self._database = database
        self._reports = reports
        self._is_anyone_listening = False
        """What the store last answered. It only chooses the way: the store decides in the statement that settles."""

    async def store(
        self,
        settlements: Sequence[Settlement],
        submissions: Sequence[Submission] = (),
        refused: Sequence[RefusedAddress] = (),
    ) -> set[UUID]:
        """Settle deliveries, store attempts, and suppress refused addresses; returns the deliveries that moved."""
        is_unfulfilled = any(one.state in UNFULFILLED for one in settlements)
        if is_unfulfilled or self._is_anyone_listening:
            return await self._settle(settlements, submissions, refused)
        moved = await self._database.run(settle_unheard(settlements, submissions))
        unmoved = [one for one in settlements if one.state == DeliveryState.SENT and one.delivery_id not in moved]
        if not unmoved:
            return moved
        # Their fences have changed, or an endpoint was created since the last batch.
        is_heard = await self._database.run(is_anyone_listening())
        return moved | await self._settle(unmoved) if is_heard else moved

    async def _settle(
        self,
        settlements: Sequence[Settlement],
        submissions: Sequence[Submission] = (),
        refused: Sequence[RefusedAddress] = (),
    ) -> set[UUID]:
        settling = (
            settle_refused(settlements, submissions, refused, self._reports)
            if refused
            else settle(settlements, submissions)
        )
        settled = await self._database.run(settling)
        if settled.moved:
            self._is_anyone_listening = settled.is_anyone_listening
        return settled.moved
