"""Stores settlements: by one statement if no endpoint wants to know, else in a transaction that also records events."""

from collections.abc import Sequence
from uuid import UUID

from property_alert_notification.base.vocabulary import DeliveryState
from property_alert_notification.database import Database
from property_alert_notification.deliveries.records import Settlement, Submission
from property_alert_notification.deliveries.states import UNFULFILLED
from property_alert_notification.events.scripts import is_anyone_listening
from property_alert_notification.notification_worker.settlement import settle, settle_unheard
from property_alert_notification.notifications.ends.scripts import Refusal
from property_alert_notification.people.suppressions.models import StoredSuppression


class SettlementStore:
    """Stores the settlements of one channel."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._is_anyone_listening = False
        """What the store last answered. It only chooses the way: the store decides in the statement that settles."""

    async def store(
        self,
        settlements: Sequence[Settlement],
        submissions: Sequence[Submission] = (),
        suppressions: Sequence[StoredSuppression] = (),
        refusals: Sequence[Refusal] = (),
    ) -> set[UUID]:
        """Settle deliveries, and store attempts and suppressions; returns the deliveries that moved."""
        is_unfulfilled = any(one.state in UNFULFILLED for one in settlements)
        if is_unfulfilled or suppressions or self._is_anyone_listening:
            return await self._settle(settlements, submissions, suppressions, refusals)
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
        suppressions: Sequence[StoredSuppression] = (),
        refusals: Sequence[Refusal] = (),
    ) -> set[UUID]:
        settled = await self._database.run(settle(settlements, submissions, suppressions, refusals))
        if settled.moved:
            self._is_anyone_listening = settled.is_anyone_listening
        return settled.moved
