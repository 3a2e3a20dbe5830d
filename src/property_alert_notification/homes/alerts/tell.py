"""Writes what matched changes lead to, within the transaction that moves the matcher's position: a few statements."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import numpy as np
from sqlalchemy.ext.asyncio import AsyncConnection

from property_alert_notification.base.languages import shown_language
from property_alert_notification.base.vocabulary import Channel
from property_alert_notification.channels.definition import definition_of
from property_alert_notification.database import run_within
from property_alert_notification.homes.alerts import queries
from property_alert_notification.homes.alerts.details import AlertDetails, ToldSearch, details_of
from property_alert_notification.homes.alerts.matches import Matches, Telling, not_told, tellings
from property_alert_notification.homes.alerts.numbers import NONE, Numbers, pack
from property_alert_notification.homes.alerts.queries import FactKey, NewAlert
from property_alert_notification.homes.alerts.scripts import CATEGORY
from property_alert_notification.homes.alerts.wording import write
from property_alert_notification.homes.listing_preferences.queries import discarded
from property_alert_notification.homes.saved_searches.versions.queries import SearchTarget, targets_of
from property_alert_notification.notifications.create import Planner, create
from property_alert_notification.notifications.draft import Accepted
from property_alert_notification.notifications.submission import Submission
from property_alert_notification.people.directory.scripts import profiles_of
from property_alert_notification.people.person import Person
from property_alert_notification.people.preferences.scripts import preferences_of

_LONGEST_REFERENCE = 255


class MatchedChange(NamedTuple):
    """A change of a listing with the searches that it concerns."""

    sequence: int
    listing_id: UUID
    property_id: UUID
    fields: Mapping[str, Any]
    """Of the listing, after the change."""
    matches: Matches


class _Told(NamedTuple):
    """What one person is told of one change."""

    change: MatchedChange
    telling: Telling
    targets: Sequence[SearchTarget]
    """The searches of `telling`, in their order; deleted ones are left out."""


class Teller:
    """Tells people of changes, once."""

    def __init__(self, planner: Planner) -> None:
        self._planner = planner
        self._clock = planner.clock
        self._channels = [
            channel
            for channel in Channel
            if channel not in planner.unused and definition_of(channel).profile_field is not None
        ]

    async def tell(self, connection: AsyncConnection, changes: Sequence[MatchedChange]) -> Mapping[str, int]:
        """Submit the alerts of searches that alert at once, and store ledger and log; returns how many, by outcome."""
        if not changes:
            return {}
        now = self._clock.now()
        await queries.add_log(connection, [_log_entry(change, now) for change in changes])
        known = await queries.told_of(
            connection, {(change.property_id, news.key) for change in changes for news in change.matches.news}
        )
        everyone = dict(known)
        refused = await discarded(connection, {change.listing_id for change in changes})
        wanted = [
            one for change in changes for one in _tellings_of(change, everyone, refused.get(change.listing_id, ()))
        ]
        targets = await targets_of(connection, {match.number for _, one in wanted for match in one.matches})
        told = [
            _Told(change, one, theirs)
            for change, one in wanted
            if (theirs := [targets[match.number] for match in one.matches if match.number in targets])
        ]
        outcomes = await self._submit(connection, told)
        await queries.put_told(connection, _ledger(known, told), now=now)
        return outcomes

    async def _submit(self, connection: AsyncConnection, told: Sequence[_Told]) -> Mapping[str, int]:
        if not told:
            return {}
        languages = await self._languages(connection, {one.targets[0].user_id for one in told})
        details = [_details(one, languages.get(one.targets[0].user_id)) for one in told]
        submissions = [self._submission(one, its) for one, its in zip(told, details, strict=True)]
        results = await run_within(connection, create(self._planner, submissions))
        alerts = [
            NewAlert(
                result.id,
                one.telling.person,
                one.change.property_id,
                one.change.listing_id,
                one.change.sequence,
                its.stored,
            )
            for one, its, result in zip(told, details, results, strict=True)
            if isinstance(result, Accepted)
        ]
        await queries.add_alerts(connection, alerts)
        return Counter("submitted" if isinstance(result, Accepted) else "refused" for result in results)

    async def _languages(self, connection: AsyncConnection, users: Collection[int]) -> Mapping[int, str | None]:
        asked = {(user_id, False) for user_id in users}
        default = self._planner.default_preferences
        known = await run_within(connection, preferences_of(asked, default=default))
        profiles = await run_within(connection, profiles_of(sorted(users)))
        return {user_id: Person(known.get((user_id, False)), profiles.get(user_id)).language for user_id in users}

    def _submission(self, one: _Told, details: AlertDetails) -> Submission:
        title, message = write(details)
        chosen = _channels_of(one.targets)
        return Submission(
            user_id=one.targets[0].user_id,
            title=title,
            message=message,
            addresses={},
            category=CATEGORY,
            reference=details.listing_key[:_LONGEST_REFERENCE] or None,
            channels=chosen,
            look_up=[channel for channel in self._channels if chosen is None or channel in chosen],
        )


def _log_entry(change: MatchedChange, now: datetime) -> tuple[int, UUID, UUID, str, datetime]:
    return change.sequence, change.listing_id, change.property_id, pack(change.matches.logged), now


def _tellings_of(
    change: MatchedChange, told: dict[FactKey, Numbers], refused: Sequence[int]
) -> Iterable[tuple[MatchedChange, Telling]]:
    """What people are told of a change at once; adds them to `told`, for the changes that follow.

    `refused` are those who do not want to hear of the home.
    """
    its = {news.key: told.get((change.property_id, news.key), NONE) for news in change.matches.news}
    left_out = np.array(refused, dtype=np.int64)
    fresh = not_told(change.matches, {key: np.union1d(known, left_out) for key, known in its.items()})
    for key, people in fresh.items():
        told[change.property_id, key] = np.union1d(its[key], people)
    return [(change, one) for one in tellings(change.matches, fresh)]


def _ledger(known: Mapping[FactKey, Numbers], told: Iterable[_Told]) -> list[tuple[FactKey, Numbers, int]]:
    """The rows of the ledger that change."""
    people: dict[FactKey, list[int]] = {}
    newest: dict[FactKey, int] = {}
    for one in told:
        for news in one.telling.news:
            key = one.change.property_id, news.key
            people.setdefault(key, []).append(one.telling.person)
            newest[key] = one.change.sequence
    return [(key, np.union1d(known.get(key, NONE), new), newest[key]) for key, new in people.items()]


def _details(one: _Told, language: str | None) -> AlertDetails:
    is_new = {match.number: match.is_new for match in one.telling.matches}
    searches = [ToldSearch(target.name, "", is_new[target.number]) for target in one.targets]
    return details_of(one.change.fields, one.telling.news, searches, shown_language(language))


def _channels_of(targets: Iterable[SearchTarget]) -> list[Channel] | None:
    """The channels of an alert of several searches: all that any of them has; None if one of them narrows nothing."""
    chosen = [target.channels for target in targets]
    if None in chosen:
        return None
    wanted = {channel for channels in chosen for channel in channels or ()}
    return [channel for channel in Channel if channel in wanted]
