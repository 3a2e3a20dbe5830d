"""Reads the searches that a backtest replays."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from property_alert_notification.homes.alerts.backtest.replay import UNSAVED, Replay
from property_alert_notification.homes.alerts.explain.queries import searches_of, versions_of
from property_alert_notification.homes.alerts.outcomes.past import PastVersion
from property_alert_notification.homes.saved_searches import changes, queries
from property_alert_notification.homes.saved_searches.models import SavedSearch
from property_alert_notification.homes.saved_searches.versions.queries import numbers_of
from property_alert_notification.homes.saved_searches.words import DEFAULT_CHANGE_TYPES, ScheduleType, written_changes

NOBODY = -1
"""The number of a user who never had a saved search."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a call wants to replay."""

    key: UUID | None
    """Of one saved search; None means all of the user, or a query alone."""
    expression: str | None
    """A query that is not saved."""
    change_types: str | None
    is_now: bool
    """Whether the searches are replayed as they are now."""


@dataclass(frozen=True, slots=True)
class Searches:
    """The searches of a call."""

    person: int
    """The number of the user."""
    replay: Replay
    saved: dict[int, SavedSearch]
    """By their numbers; those that were deleted are left out."""


async def look_up(connection: AsyncConnection, user_id: int, wanted: Wanted) -> Searches:
    """Read the searches of a user that a call replays.

    Raises:
        NotFound: the user has no such search.
    """
    person = (await numbers_of(connection, [user_id])).get(user_id, NOBODY)
    if wanted.key is not None:
        found = [changes.found(await queries.find(connection, user_id, wanted.key))]
    elif wanted.expression is None:
        found = await searches_of(connection, user_id)
    else:
        found = []
    saved = {one.number: one for one in found}
    versions = [] if wanted.key is None and wanted.expression is not None else await versions_of(connection, user_id)
    if wanted.key is not None:
        versions = [one for one in versions if one.number in saved]
    replayed = _replayed(wanted, found, versions)
    return Searches(person, Replay(versions if replayed is None else replayed, versions, replayed is None), saved)


def _replayed(wanted: Wanted, found: list[SavedSearch], versions: list[PastVersion]) -> list[PastVersion] | None:
    """What counts for the whole period; None if each version counts for its own time."""
    kinds = wanted.change_types
    if wanted.key is not None and (wanted.expression or kinds or wanted.is_now):
        [one] = found
        is_saved = wanted.expression is None and kinds is None
        version = one.version if is_saved else 0
        return [_always(one.number, version, wanted.expression or one.expression, kinds or one.change_types)]
    if wanted.expression is not None:
        return [_always(UNSAVED, 0, wanted.expression, kinds or written_changes(DEFAULT_CHANGE_TYPES))]
    if not wanted.is_now:
        return None
    current = [one for one in versions if one.until_sequence is None]
    return [_always(one.number, one.version, one.expression, one.change_types) for one in current]


def _always(number: int, version: int, expression: str, change_types: str) -> PastVersion:
    return PastVersion(number, version, -1, None, expression, change_types, ScheduleType.ASAP)
