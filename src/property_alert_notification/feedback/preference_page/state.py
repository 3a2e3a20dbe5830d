"""What the page knows of a user: preferences, entries of the suppression list, language and zone of the profile."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from property_alert_notification.base.vocabulary import Channel
from property_alert_notification.channels.definition import definition_of
from property_alert_notification.database import run_within
from property_alert_notification.feedback.preference_page.cells import Cell, Entry, Place, cells_of, shown_categories
from property_alert_notification.feedback.preference_page.values import Values, stored_values
from property_alert_notification.feedback.unsubscribe.tokens import Link
from property_alert_notification.people.categories.rules import Categories, Category
from property_alert_notification.people.directory.profile import Profile
from property_alert_notification.people.directory.scripts import profiles_of
from property_alert_notification.people.preferences import queries as preference_queries
from property_alert_notification.people.preferences.conversion import fields_of
from property_alert_notification.people.preferences.rules import (
    NO_RULES,
    UNREADABLE,
    PersonalRules,
    Preferences,
    is_unreadable,
)
from property_alert_notification.people.suppressions import queries as suppression_queries
from property_alert_notification.people.suppressions.models import StoredSuppression
from property_alert_notification.people.suppressions.rules import Suppression, SuppressionReason, SuppressionScope
from property_alert_notification.people.suppressions.subjects import Subjects

_NOTHING = Preferences(frozenset())
_MOST_ENTRIES = 1_000


@dataclass(frozen=True, slots=True)
class UserState:
    """What the store has of one user."""

    preferences: Preferences | None
    """None: the user withdrew all consent, or has never had preferences."""
    default: Preferences | None
    """What applies without preferences."""
    entries: tuple[Entry, ...]
    """The entries of the suppression list about the user and their addresses."""
    profile: Profile | None

    @property
    def is_damaged(self) -> bool:
        """Whether the stored rules cannot be read. Saving replaces them."""
        return is_unreadable(self.preferences)

    @property
    def applied(self) -> Preferences:
        """The preferences that apply now."""
        return self.preferences or self.default or _NOTHING

    @property
    def has_none(self) -> bool:
        """Whether nothing is sent, because the user has no preferences."""
        return self.preferences is None and self.default is None

    @property
    def general(self) -> tuple[Entry, ...]:
        """The entries by which the user stopped everything."""
        return tuple(entry for entry in self.entries if entry.is_general)


@dataclass(frozen=True, slots=True)
class Controls:
    """The controls of the page with their stored values."""

    categories: list[Category]
    cells: Mapping[Place, Cell]
    """Of every channel, also of those that the page does not show."""
    stored: Values


async def state_of(
    connection: AsyncConnection,
    link: Link,
    *,
    default: Preferences | None,
    subjects: Subjects,
    now: datetime,
    lock: bool,
) -> UserState:
    """Read what the page of this link shows. `lock`: to change it.

    Two transactions that take the locks in different orders deadlock. The entries about a user are locked before the
    preferences and the deliveries, as when the user unsubscribes. The entries about an address are locked after the
    deliveries, as when a provider reports about a message.

    Neither the profile nor the suppression list is read for a test: a test must reveal nothing about a real person.
    """
    user_id, test = link.user_id, link.test
    preferences = _readable(await preference_queries.find_or_hold(connection, user_id, test=test))
    if preferences is None and default and await preference_queries.is_withdrawn(connection, user_id, test=test):
        default = None
    if test:
        return UserState(preferences, default, (), None)
    profile = (await run_within(connection, profiles_of([user_id]))).get(user_id)
    if lock:
        its, reason = subjects.of_user(user_id), SuppressionReason.UNSUBSCRIBE
        await suppression_queries.page(connection, subjects=its, reason=reason, limit=_MOST_ENTRIES, lock=True)
    about = _subjects(user_id, profile, subjects)
    found = await suppression_queries.page(connection, subjects=about, limit=_MOST_ENTRIES)
    if any(entry.reason_code == SuppressionReason.ERASED for entry in found):
        default = None
    valid = [entry for entry in found if entry.expires_at is None or now < entry.expires_at]
    return UserState(preferences, default, tuple(Entry(entry.id, _suppression(entry)) for entry in valid), profile)


def controls_of(state: UserState, preferences: Preferences, known: Categories, now: datetime) -> Controls:
    """The controls for these preferences of the user."""
    rules = preferences.rules
    categories = shown_categories(known, rules, state.entries)
    cells = cells_of(categories, rules, state.entries, now)
    return Controls(categories, cells, stored_values(preferences.switches, rules, cells))


def _readable(preferences: Preferences | None) -> Preferences | None:
    """The preferences; with `UNREADABLE` rules if a value is one that no call can have set."""
    if preferences is None or preferences.rules is NO_RULES:
        return preferences
    return preferences if _is_possible(preferences.rules) else preferences._replace(rules=UNREADABLE)


def _is_possible(rules: PersonalRules) -> bool:
    try:
        fields_of(rules)
    except ValueError:
        return False
    return True


def _subjects(user_id: int, profile: Profile | None, subjects: Subjects) -> list[str]:
    found = subjects.of_user(user_id)
    for channel in Channel:
        field = definition_of(channel).profile_field
        address = None if profile is None or field is None else getattr(profile, field)
        if address is not None:
            found += subjects.of_address(channel, address)
    return found


def _suppression(entry: StoredSuppression) -> Suppression:
    return Suppression(
        Channel(entry.channel) if entry.channel else None,
        SuppressionReason(entry.reason_code),
        SuppressionScope(entry.scope),
        entry.category or None,
        entry.expires_at,
    )
