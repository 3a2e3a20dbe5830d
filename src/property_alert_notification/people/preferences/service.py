"""Creates, replaces, changes and withdraws the preferences of one user, for the API and for the preference page."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from pydantic import ValidationError
from sqlalchemy.ext.asyncio import AsyncConnection

from property_alert_notification.base.clock import Clock
from property_alert_notification.base.errors import (
    PreferenceNotFound,
    PreferencesDamaged,
    PreferencesExist,
    UnreadableRow,
)
from property_alert_notification.channels.edge import SWITCHES
from property_alert_notification.people.confirmations import Asked, Confirmations
from property_alert_notification.people.consent.ledger import ConsentLedger, PreferenceChange
from property_alert_notification.people.consent.rules import ConsentOrigin
from property_alert_notification.people.preferences import queries
from property_alert_notification.people.preferences.confirmation import (
    IsMeant,
    Period,
    confirmed,
    marked,
    requested,
)
from property_alert_notification.people.preferences.conversion import changed_by, rules_of
from property_alert_notification.people.preferences.models import Preference, words_of
from property_alert_notification.people.preferences.rules import Preferences
from property_alert_notification.people.preferences.schemas import PreferenceCreate, PreferencePatch
from property_alert_notification.people.preferences.stored_rules import write_rules
from property_alert_notification.people.reevaluate import Reevaluate

PatchOf = Callable[[Preferences], PreferencePatch]
"""The patch for the preferences as they are stored."""


@dataclass(frozen=True, slots=True)
class PreferenceService:
    """Changes preferences within one transaction; waiting messages of their users are then evaluated again."""

    connection: AsyncConnection
    """The connection of the transaction that stores the change."""
    clock: Clock
    reevaluate: Reevaluate
    test: bool
    """Whether these are the preferences for test notifications. They are no consent of a person, and not recorded."""
    ledger: ConsentLedger
    origin: ConsentOrigin
    confirmations: Confirmations

    async def create(self, user_id: int, body: PreferenceCreate) -> Preferences:
        """Create the preferences of a user.

        Raises:
            PreferencesExist: the user has some.
        """
        created = await self.create_all({user_id: (wanted_by(body), self.origin)})
        if user_id not in created:
            raise PreferencesExist(user_id)
        return created[user_id]

    async def create_all(self, wanted: Mapping[int, tuple[Preferences, ConsentOrigin]]) -> dict[int, Preferences]:
        """Create the preferences of those users who have none; returns them as they are stored."""
        stored = {user_id: self._marked(None, preferences) for user_id, (preferences, _) in wanted.items()}
        rows = [self._row(user_id, preferences) for user_id, preferences in stored.items()]
        created = await queries.create(self.connection, rows, test=self.test)
        await self._follow(
            *[PreferenceChange(user_id, None, stored[user_id], wanted[user_id][1]) for user_id in sorted(created)]
        )
        return {user_id: stored[user_id] for user_id in created}

    async def put(self, user_id: int, body: PreferenceCreate) -> Preferences:
        """Create or replace the preferences of a user."""
        preferences = wanted_by(body)
        before = await queries.find_locked(self.connection, user_id, test=self.test)
        if before is None and (created := await self.create_all({user_id: (preferences, self.origin)})):
            return created[user_id]
        if before is None:  # another transaction created them
            before = await queries.find_locked(self.connection, user_id, test=self.test)
        preferences = self._marked(before, preferences)
        await queries.put(self.connection, self._row(user_id, preferences), test=self.test)
        await self._follow(PreferenceChange(user_id, before, preferences, self.origin))
        return preferences

    async def patch(self, user_id: int, patch_of: PatchOf) -> Preferences:
        """Change the preferences of a user. No other transaction changes them between `patch_of` and the commit.

        Raises:
            PreferenceNotFound: the user has none.
            PreferencesDamaged: the stored ones cannot be read.
            InvalidField: a field would have more entries than it may.
        """
        found: list[Preferences] = []

        def change(before: Preferences) -> Preferences:
            found.append(before)
            patch = patch_of(before)
            after = before.changed(dict(SWITCHES.given(patch)))._replace(rules=changed_by(before.rules, patch))
            return self._marked(before, after)

        with damage_named():
            changed = await self._change(user_id, change)
        if changed is None:
            raise PreferenceNotFound
        await self._follow(PreferenceChange(user_id, found[0], changed, self.origin))
        return changed

    async def confirm(self, user_id: int, is_meant: IsMeant) -> Preferences | None:
        """Confirm opt-ins that were requested and have not expired; returns the preferences, None without any.

        Raises:
            PreferencesDamaged: the stored ones cannot be read.
        """
        found: list[Preferences] = []

        def change(before: Preferences) -> Preferences:
            found.append(before)
            return confirmed(before, is_meant, self.clock.now())

        with damage_named():
            changed = await self._change(user_id, change)
        if changed is not None and changed is not found[0]:
            await self._follow(PreferenceChange(user_id, found[0], changed, self.origin))
        return changed

    async def _change(self, user_id: int, change: Callable[[Preferences], Preferences]) -> Preferences | None:
        return await queries.change(self.connection, user_id, change, changed_at=self.clock.now(), test=self.test)

    async def withdraw(self, user_id: int) -> None:
        """Delete the preferences of a user, which withdraws all consent.

        Raises:
            PreferenceNotFound: the user has none.
        """
        if not await queries.withdraw(self.connection, user_id, withdrawn_at=self.clock.now(), test=self.test):
            raise PreferenceNotFound
        await self._follow(PreferenceChange(user_id, None, None, self.origin))

    async def _follow(self, *changed: PreferenceChange) -> None:
        """Record changes that are stored, evaluate what waits for their users again, and ask for confirmations."""
        if not self.test:
            await self.ledger.record(self.connection, changed)
        await self.reevaluate(self.connection, [one.user_id for one in changed])
        asked = [
            Asked(one.user_id, one.after, places)
            for one in changed
            if one.after is not None and (places := requested(one.before, one.after))
        ]
        if asked:
            await self.confirmations.ask(self.connection, asked, self.test)

    def _marked(self, before: Preferences | None, after: Preferences) -> Preferences:
        now = self.clock.now()
        period = Period(now, (now + self.confirmations.valid_for).replace(microsecond=0))
        return marked(before, after, self.ledger.categories(), period)

    def _row(self, user_id: int, preferences: Preferences) -> Preference:
        """The row to store."""
        channels, rules = words_of(preferences.opted_in), write_rules(preferences.rules)
        return Preference(user_id=user_id, updated_at=self.clock.now(), channels=channels, rules=rules)


def wanted_by(body: PreferenceCreate) -> Preferences:
    """The preferences of a POST or PUT."""
    return Preferences(frozenset(), rules_of(body)).changed(dict(SWITCHES.given(body)))


@contextmanager
def damage_named() -> Iterator[None]:
    """Turn the error of a damaged row into a PreferencesDamaged that names the damaged part."""
    try:
        yield
    except UnreadableRow as error:
        raise PreferencesDamaged(str(error)) from None
    except ValidationError as error:
        where = error.errors()[0]["loc"]
        raise PreferencesDamaged(f"{where[0] if where else 'a part'} of the user's rules") from None
