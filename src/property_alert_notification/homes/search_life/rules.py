"""What a user must be told about a saved search, and what follows from that for the search. Pure."""

from datetime import datetime, timedelta
from enum import StrEnum

from property_alert_notification.homes.saved_searches.models import SavedSearch
from property_alert_notification.homes.saved_searches.words import ScheduleType

QUIET_AFTER = timedelta(days=80)
"""How long nothing matches before its user is told, and told again."""


class Notice(StrEnum):
    """What a user is told about a search."""

    FAILING = "failing"
    """It cannot be read, and is paused."""
    UNOPENED = "unopened"
    """Nobody looks at what it finds: is it still wanted?"""
    WEEKLY = "weekly"
    """It alerts once a week from now on."""
    MONTHLY = "monthly"
    """It alerts once a month from now on."""
    PAUSED = "paused"
    """It alerts no more."""
    TOO_MANY = "too_many"
    """It matches too many listings."""
    QUIET = "quiet"
    """Nothing has matched for a long time."""


STEPS = (Notice.UNOPENED, Notice.WEEKLY, Notice.MONTHLY, Notice.PAUSED)
"""The steps that are taken one after the other, while nobody looks at what a search finds."""

_AFTER = (1, 2, 4, 6)
"""After how many times the first time each is taken."""

_RARER = {
    Notice.WEEKLY: (ScheduleType.ASAP, ScheduleType.DAILY),
    Notice.MONTHLY: (ScheduleType.ASAP, ScheduleType.DAILY, ScheduleType.WEEKLY),
}
"""The schedules that become rarer by a step."""


def notice_for(
    search: SavedSearch,
    now: datetime,
    *,
    last_match_day: datetime | None,
    unseen_since: datetime | None,
    unopened: timedelta,
    is_readable: bool,
    matches_too_many: bool,
) -> Notice | None:
    """What the user is told about an active search now; None if there is nothing to tell.

    `last_match_day` is the beginning of the day on which something matched last; None if nothing did yet.
    `unseen_since` is as `unseen_since_of` has it.
    """
    if not is_readable:
        return Notice.FAILING
    if (step := next_step(search, now, unseen_since, unopened)) is not None:
        return step
    if matches_too_many and not search.told_too_many:
        return Notice.TOO_MANY
    known = (last_match_day, search.told_at, search.changed_at)
    return Notice.QUIET if now - max(at for at in known if at is not None) >= QUIET_AFTER else None


def unseen_since_of(search: SavedSearch, last_match_day: datetime | None) -> datetime | None:
    """Since when there is something that its user has not looked at; None if there is nothing.

    A match is noticed by the next check, so it may be taken for one of a later day of the same week.
    """
    if last_match_day is None or last_match_day <= (search.viewed_at or search.created_at):
        return None
    return search.unseen_since or last_match_day


def next_step(search: SavedSearch, now: datetime, unseen_since: datetime | None, unopened: timedelta) -> Notice | None:
    """The next step if nobody looked at what the search found; one that would change nothing is left out."""
    if not unopened or unseen_since is None:
        return None
    for place in range(search.ignored, len(STEPS)):
        if now - unseen_since < unopened * _AFTER[place]:
            return None
        step = STEPS[place]
        if step not in _RARER or search.schedule_type in _RARER[step]:
            return step
    return None


def unseen_after(step: Notice, unseen_since: datetime, now: datetime, unopened: timedelta) -> datetime:
    """Since when something counts as not looked at after a step: a step that is late makes the next ones as late."""
    return max(unseen_since, now - unopened * _AFTER[STEPS.index(step)])
