"""Saving the page, stopping everything and starting again, each in one transaction."""

from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from property_alert_notification.base.clock import Clock
from property_alert_notification.base.errors import InvalidField, NotFound, PreferenceNotFound, PreferencesDamaged
from property_alert_notification.database import Database
from property_alert_notification.feedback.preference_page.changes import (
    Changes,
    Errors,
    Invalid,
    changes_of,
    switch_fields,
)
from property_alert_notification.feedback.preference_page.state import Controls, UserState, controls_of, state_of
from property_alert_notification.feedback.preference_page.values import (
    TOPICS,
    Given,
    Values,
    switch_field,
    wanted_values,
)
from property_alert_notification.feedback.unsubscribe.tokens import Link
from property_alert_notification.people.categories.rules import CurrentCategories
from property_alert_notification.people.confirmations import Confirmations
from property_alert_notification.people.consent.ledger import ConsentLedger
from property_alert_notification.people.consent.rules import ConsentOrigin
from property_alert_notification.people.preferences.rules import Preferences
from property_alert_notification.people.preferences.schemas import PreferenceCreate, PreferencePatch
from property_alert_notification.people.preferences.service import PreferenceService
from property_alert_notification.people.reevaluate import Reevaluate
from property_alert_notification.people.suppressions.entry import NewEntry
from property_alert_notification.people.suppressions.rules import SuppressionReason
from property_alert_notification.people.suppressions.service import SuppressionService
from property_alert_notification.people.suppressions.subjects import Subjects

ACTOR = "preference page"
"""The author of its changes in the audit record, and in consent records."""

OriginOf = Callable[[UserState], ConsentOrigin]
"""Says where the decisions of a user come from; the language of the page depends on the user's state."""


class NotSaved(Exception):
    """Nothing was saved, because a control holds what cannot be used."""

    def __init__(self, errors: Errors, sent: Values, controls: Controls, state: UserState) -> None:
        super().__init__("not saved")
        self.errors = errors
        self.sent = sent
        """What the user wants, to be shown again."""
        self.controls = controls
        self.state = state


@dataclass(frozen=True, slots=True)
class PageService:
    """The operations of the page."""

    database: Database
    clock: Clock
    categories: CurrentCategories
    subjects: Subjects
    ledger: ConsentLedger
    default: Preferences | None
    reevaluate: Reevaluate
    confirmations: Confirmations

    async def read(self, link: Link) -> tuple[UserState, Controls]:
        """What the page shows."""
        async with self.database.reading() as connection:
            state = await self._state(connection, link, lock=False)
        return state, self._controls(state, state.applied)

    async def save(self, link: Link, given: Given, origin_of: OriginOf) -> tuple[str, ...]:
        """Store what the user changed; returns the names of the changed controls.

        Raises:
            NotSaved: a control holds what cannot be used.
        """
        async with self.database.transaction() as connection:
            state = await self._state(connection, link, lock=True)
            saving = _Saving(state, given, lambda preferences: self._controls(state, preferences))
            preferences = PreferenceService(
                connection,
                self.clock,
                self.reevaluate,
                link.test,
                self.ledger,
                origin_of(state),
                self.confirmations,
            )
            try:
                try:
                    await preferences.patch(link.user_id, saving.patch)
                except (PreferenceNotFound, PreferencesDamaged):
                    await preferences.put(link.user_id, saving.body())
            except InvalidField as error:
                raise saving.not_saved({TOPICS: "error.too_many"}) from error
            await self._release(connection, link, saving.changes.releases, origin_of(state))
        return saving.changes.names

    async def stop(self, link: Link, origin_of: OriginOf) -> None:
        """Stop every promotional message to the user. Twice is the same as once."""
        entry = NewEntry(SuppressionReason.UNSUBSCRIBE, user_id=link.user_id)
        async with self.database.transaction() as connection:
            state = await self._state(connection, link, lock=True)
            if all(one.suppression.expires_at is not None for one in state.general):
                await self._suppressions(connection, origin_of(state)).add(entry)
                await self.reevaluate(connection, [link.user_id])

    async def start(self, link: Link, origin_of: OriginOf) -> None:
        """Take back that everything was stopped."""
        async with self.database.transaction() as connection:
            state = await self._state(connection, link, lock=True)
            await self.reevaluate(connection, [link.user_id])
            await self._release(connection, link, [entry.id for entry in state.general], origin_of(state))

    async def _release(
        self, connection: AsyncConnection, link: Link, entries: Collection[UUID], origin: ConsentOrigin
    ) -> None:
        """Release entries, after the deliveries are locked; one that was released meanwhile is left out."""
        for entry in sorted(entries):
            with suppress(NotFound):
                await self._suppressions(connection, origin).release(entry, users=[link.user_id])

    async def _state(self, connection: AsyncConnection, link: Link, *, lock: bool) -> UserState:
        now = self.clock.now()
        return await state_of(connection, link, default=self.default, subjects=self.subjects, now=now, lock=lock)

    def _controls(self, state: UserState, preferences: Preferences) -> Controls:
        return controls_of(state, preferences, self.categories(), self.clock.now())

    def _suppressions(self, connection: AsyncConnection, origin: ConsentOrigin) -> SuppressionService:
        return SuppressionService(connection, self.clock, origin, self.subjects)


class _Saving:
    """Compares one form with the preferences that the transaction has locked."""

    def __init__(self, state: UserState, given: Given, read_controls: Callable[[Preferences], Controls]) -> None:
        self._state = state
        self._given = given
        self._controls_of = read_controls
        self.changes = Changes({}, frozenset(), ())

    def patch(self, before: Preferences) -> PreferencePatch:
        """The patch for these preferences."""
        self.changes = self._changes(self._controls_of(before))
        return PreferencePatch.model_validate(self.changes.patch)

    def body(self) -> PreferenceCreate:
        """The preferences of a user who has none, or whose stored ones cannot be read."""
        controls = self._controls_of(self._state.applied)
        changes = self._changes(controls)
        switches = wanted_values(self._given, controls.stored).switches
        names = dict.fromkeys([*map(switch_field, switches), *changes.names])
        self.changes = changes._replace(names=tuple(names))
        fields: dict[str, Any] = {**changes.patch, **switch_fields(switches)}
        return PreferenceCreate.model_validate({name: value for name, value in fields.items() if value is not None})

    def not_saved(self, errors: Errors) -> NotSaved:
        """The error that shows the form again."""
        controls = self._controls_of(self._state.applied)
        return NotSaved(errors, wanted_values(self._given, controls.stored), controls, self._state)

    def _changes(self, controls: Controls) -> Changes:
        changes = changes_of(controls.stored, wanted_values(self._given, controls.stored), controls.cells)
        if isinstance(changes, Invalid):
            raise self.not_saved(changes.errors)
        return changes
