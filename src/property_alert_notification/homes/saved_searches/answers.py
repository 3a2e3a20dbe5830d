"""Shows stored searches, with their queries as sentences."""

import json
from collections.abc import Iterable, Iterator
from datetime import datetime
from enum import StrEnum
from typing import Any, TypeVar

from property_alert_notification.base.damaged import UNREADABLE, left_out, readable
from property_alert_notification.base.languages import in_language, shown_locale
from property_alert_notification.base.vocabulary import Channel
from property_alert_notification.database import Script
from property_alert_notification.homes.criteria.expression import from_json
from property_alert_notification.homes.criteria.sentence import sentence
from property_alert_notification.homes.reso.words import ChangeType
from property_alert_notification.homes.saved_searches.models import SavedSearch
from property_alert_notification.homes.saved_searches.schemas import SavedSearchPublic, WarningPublic
from property_alert_notification.homes.saved_searches.words import (
    HalfDay,
    QueryType,
    ScheduleType,
    SearchReason,
    SearchWarning,
    read_changes,
)
from property_alert_notification.people import scripts as people

Word = TypeVar("Word", bound=StrEnum)

_CHANNELS = {channel.value: channel for channel in Channel}

_WARNINGS = {
    "en": {
        SearchWarning.MATCHES_NOTHING: "No listing on the market matches now: loosen a condition.",
        SearchWarning.MATCHES_TOO_MANY: "A great many listings match: add a condition, or narrow one.",
    },
    "es": {
        SearchWarning.MATCHES_NOTHING: "Ahora no hay ningún anuncio que coincida: amplíe una condición.",
        SearchWarning.MATCHES_TOO_MANY: "Coinciden muchísimos anuncios: añada una condición o restrinja otra.",
    },
}


def language_of(user_id: int) -> Script[str]:
    """The language in which a user reads our words: that of the preferences, or else of the profile."""
    return shown_locale((yield from people.language_of(user_id)))


def warnings_public(warnings: Iterable[SearchWarning], language: str) -> list[WarningPublic]:
    """Warnings with their sentences."""
    sentences = in_language(_WARNINGS, language)
    return [WarningPublic(code=one, message=sentences[one]) for one in warnings]


def _in_words(search: SavedSearch, language: str) -> str:
    """The query as a sentence; of a damaged row, that it cannot be read: it must not hide the searches beside it."""
    try:
        return sentence(from_json(search.expression), language)
    except UNREADABLE as error:
        left_out("search.unreadable", error, search=str(search.id))
        return in_language(_CANNOT_BE_READ, language)


_CANNOT_BE_READ = {"en": "This search cannot be read.", "es": "No se puede leer esta búsqueda."}


def _criteria_of(search: SavedSearch) -> dict[str, Any] | None:
    try:
        found = json.loads(search.query)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def _words(kind: type[Word], stored: str, search: SavedSearch) -> Iterator[Word]:
    """The words of a column, without the damaged ones."""
    return readable(stored.split(), kind, "search.unreadable", lambda _: search.id)


def _word(kind: type[Word], stored: str, search: SavedSearch) -> Word:
    """The word of a column; of a damaged one, the first that there is."""
    return next(_words(kind, stored, search), next(iter(kind)))


def _reason(search: SavedSearch, last_match_day: datetime | None) -> SearchReason | None:
    # It is of several words.
    codes = [] if search.reason_code is None else [search.reason_code]
    reason = next(readable(codes, SearchReason, "search.unreadable", lambda _: search.id), None)
    has_matched = (
        last_match_day is not None and search.told_at is not None and last_match_day.date() >= search.told_at.date()
    )
    return None if reason is SearchReason.NO_LISTINGS_FOUND_WARNING and has_matched else reason


def _warnings(search: SavedSearch, last_match_day: datetime | None) -> list[SearchWarning]:
    """The warnings of the time when it was saved, without one that has proved wrong."""
    has_matched = last_match_day is not None and last_match_day > search.changed_at
    found = _words(SearchWarning, search.warnings, search)
    return [one for one in found if not (has_matched and one is SearchWarning.MATCHES_NOTHING)]


def public(search: SavedSearch, language: str, last_match_day: datetime | None) -> SavedSearchPublic:
    """A search as callers see it; `last_match_day` is the beginning of the day on which something matched last."""
    kind, kinds = _word(QueryType, search.query_type, search), read_changes(search.change_types)
    channels = None if search.channels is None else search.channels.split()
    return SavedSearchPublic(
        SavedSearchKey=search.id,
        SavedSearchName=search.name,
        SearchQueryType=kind,
        SearchQuery=search.query if kind is QueryType.FILTER else None,
        Criteria=_criteria_of(search) if kind is QueryType.CRITERIA else None,
        SearchQueryHumanReadable=_in_words(search, language),
        ScheduleType=_word(ScheduleType, search.schedule_type, search),
        DailySchedule=list(_words(HalfDay, search.daily_schedule, search)),
        Channels=None if channels is None else [_CHANNELS[one] for one in channels if one in _CHANNELS],
        ChangeTypes=[one for one in ChangeType if one in kinds],
        ConciergeYN=search.concierge,
        ActiveYN=search.active,
        ReasonActiveOrDisabled=_reason(search, last_match_day),
        Version=search.version,
        ExpectedPerDay=search.expected_per_day,
        Warnings=warnings_public(_warnings(search, last_match_day), language),
        LastNewChangedTimestamp=last_match_day,
        LastViewedTimestamp=search.viewed_at,
        OriginalEntryTimestamp=search.created_at,
        ModificationTimestamp=search.changed_at,
    )
