"""Confirms opt-ins, by the link in a message or by the number from which the user answers."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from property_alert_notification.base.clock import Clock
from property_alert_notification.base.errors import PreferencesDamaged
from property_alert_notification.base.vocabulary import Channel
from property_alert_notification.channels.definition import definition_of
from property_alert_notification.database import Database
from property_alert_notification.feedback.confirmations import queries
from property_alert_notification.feedback.confirmations.ask import references_of
from property_alert_notification.feedback.unsubscribe.tokens import Link
from property_alert_notification.people.confirmations import Confirmations
from property_alert_notification.people.consent.ledger import ConsentLedger
from property_alert_notification.people.consent.rules import ConsentOrigin
from property_alert_notification.people.directory import queries as directory
from property_alert_notification.people.preferences import queries as preferences
from property_alert_notification.people.preferences.confirmation import IsMeant, is_opted_in, unconfirmed_of
from property_alert_notification.people.preferences.rules import Preferences
from property_alert_notification.people.preferences.service import PreferenceService
from property_alert_notification.people.reevaluate import Reevaluate

ACTOR = "confirmation link"
"""The author of a confirmation by link in consent records."""


@dataclass(frozen=True, slots=True)
class Confirmer:
    """Confirms the opt-ins of users."""

    database: Database
    clock: Clock
    reevaluate: Reevaluate
    ledger: ConsentLedger
    confirmations: Confirmations

    async def by_link(self, link: Link, origin: ConsentOrigin) -> bool:
        """Confirm what the link is about; returns whether the user is opted in then. Twice is the same.

        Raises:
            StoreUnavailable: the store did not commit in time.
        """
        if link.category is None or link.channel is None or link.expires_at is None:
            return False
        place, until = (link.category, link.channel), link.expires_at

        def is_meant(category: str, channel: Channel, mark: datetime) -> bool:
            return (category, channel) == place and mark == until

        async with self.database.transaction() as connection:
            found = await self._confirm(connection, link.user_id, is_meant, origin, test=link.test)
        if found is None:
            return False
        return place not in unconfirmed_of(found) and is_opted_in(place, found, self.ledger.categories())

    async def users_at(self, connection: AsyncConnection, channel: Channel, address: str) -> list[int]:
        """The users of an address who can confirm an opt-in on its channel."""
        references = references_of(channel, address, self.ledger.subjects)
        users = await queries.users_of_references(connection, references)
        if definition_of(channel).profile_field == "phone_number":
            users |= await directory.users_of_number(connection, address)
        now = self.clock.now()
        known = {user: await preferences.find_or_hold(connection, user, test=False) for user in sorted(users)}
        return [
            user
            for user, found in known.items()
            if any(place[1] == channel and until > now for place, until in unconfirmed_of(found).items())
        ]

    async def by_reply(
        self, connection: AsyncConnection, users: Collection[int], channel: Channel, origin: ConsentOrigin
    ) -> None:
        """Confirm all opt-ins of these users on the channel."""
        for user_id in sorted(users):
            await self._confirm(connection, user_id, lambda _, its, __: its == channel, origin, test=False)

    async def _confirm(
        self, connection: AsyncConnection, user_id: int, is_meant: IsMeant, origin: ConsentOrigin, *, test: bool
    ) -> Preferences | None:
        service = PreferenceService(
            connection, self.clock, self.reevaluate, test, self.ledger, origin, self.confirmations
        )
        try:
            return await service.confirm(user_id, is_meant)
        except PreferencesDamaged:
            return None
