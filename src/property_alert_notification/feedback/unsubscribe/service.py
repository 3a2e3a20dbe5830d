"""Unsubscribing: adds an entry to the suppression list, so that no later change of preferences undoes it."""

import asyncio
from dataclasses import dataclass, field
from weakref import WeakValueDictionary

from sqlalchemy.ext.asyncio import AsyncConnection

from property_alert_notification.base.clock import Clock
from property_alert_notification.base.errors import UnreadableRow
from property_alert_notification.base.vocabulary import CategoryKind, Channel, Frequency
from property_alert_notification.database import Database
from property_alert_notification.feedback.unsubscribe.tokens import Link
from property_alert_notification.people.categories.rules import CurrentCategories
from property_alert_notification.people.consent.rules import ConsentOrigin
from property_alert_notification.people.preferences import queries as preferences
from property_alert_notification.people.preferences.rules import Preferences
from property_alert_notification.people.reevaluate import Reevaluate
from property_alert_notification.people.suppressions.entry import NewEntry
from property_alert_notification.people.suppressions.rules import SuppressionReason, SuppressionScope
from property_alert_notification.people.suppressions.service import SuppressionService
from property_alert_notification.people.suppressions.subjects import Subjects

ACTOR = "unsubscribe link"
"""The author of these entries in the suppression list and in the audit record."""


@dataclass(frozen=True, slots=True)
class Unsubscriber:
    """Unsubscribes users by the links in their messages."""

    database: Database
    clock: Clock
    subjects: Subjects
    categories: CurrentCategories
    reevaluate: Reevaluate
    _locks: WeakValueDictionary[Link, asyncio.Lock] = field(default_factory=WeakValueDictionary)

    async def unsubscribe(self, link: Link, origin: ConsentOrigin) -> None:
        """Refuse what the link is about. After this no message of it is claimed; a repetition changes nothing.

        Raises:
            StoreUnavailable: the store did not commit in time.
        """
        # Calls with the same link wait for each other, so they use only one connection of the store together.
        async with self._locks.setdefault(link, asyncio.Lock()), self.database.transaction() as connection:
            if link.test:
                await self._refuse_in_tests(connection, link)
            elif await self._add(connection, link, origin):
                await self.reevaluate(connection, [link.user_id])

    async def _add(self, connection: AsyncConnection, link: Link, origin: ConsentOrigin) -> bool:
        """Returns whether the entry is new."""
        entry = NewEntry(
            reason=SuppressionReason.UNSUBSCRIBE,
            channel=link.channel,
            user_id=link.user_id,
            scope=self._scope(link),
            category=link.category,
        )
        service = SuppressionService(connection, self.clock, origin, self.subjects)
        return await service.add_once(entry)

    def _scope(self, link: Link) -> SuppressionScope:
        """Promotional messages, unless the link is of a digest of a transactional category that users can refuse."""
        if link.category is not None:
            category = self.categories().of(link.category)
            if category.kind is CategoryKind.TRANSACTIONAL and not category.required:
                return SuppressionScope.ALL
        return SuppressionScope.PROMOTIONAL

    async def _refuse_in_tests(self, connection: AsyncConnection, link: Link) -> None:
        """Change the preferences that test keys set, if there are any: test messages have no suppression list."""

        def change(before: Preferences) -> Preferences:
            refused = before.opted_in if link.channel is None else frozenset({link.channel})
            if link.category is None:
                return before._replace(opted_in=before.opted_in - refused)
            return _refusing(before, link.category, refused)

        try:
            await preferences.change(connection, link.user_id, change, changed_at=self.clock.now(), test=True)
        except UnreadableRow:
            return  # their messages are held until new preferences replace the damaged ones


def _refusing(before: Preferences, category: str, channels: frozenset[Channel]) -> Preferences:
    """The preferences with the frequency `never` for a category on these channels."""
    frequencies = dict(before.rules.frequencies)
    frequencies[category] = {**frequencies.get(category, {}), **dict.fromkeys(channels, Frequency.NEVER)}
    return before._replace(rules=before.rules._replace(frequencies=frequencies))
