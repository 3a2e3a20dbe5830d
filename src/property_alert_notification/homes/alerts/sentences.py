"""What searches look for, in words: remembered, since a search alerts again and again."""

from collections.abc import Iterable, Mapping

from sqlalchemy.ext.asyncio import AsyncConnection

from property_alert_notification.base.damaged import readable
from property_alert_notification.homes.alerts import queries
from property_alert_notification.homes.criteria.expression import from_json
from property_alert_notification.homes.criteria.sentence import sentence
from property_alert_notification.homes.saved_searches.targets.queries import SearchTarget

MOST = 16_384
"""Sentences that are remembered: some 450 bytes each."""

InLanguage = tuple[int, str]
"""The number of a search, and a language as `shown_locale` has it."""

_NOTHING = ("", 0)
"""Of a search that is deleted."""


class Sentences:
    """The sentences of the searches that alerted last, each with the version of its search."""

    def __init__(self) -> None:
        self._known: dict[InLanguage, tuple[int, str]] = {}

    async def of(
        self, connection: AsyncConnection, wanted: Iterable[tuple[SearchTarget, str]]
    ) -> Mapping[InLanguage, str]:
        """The sentences of these searches, each in a language; a damaged or deleted search is left out."""
        found: dict[InLanguage, str] = {}
        unknown: set[InLanguage] = set()
        for target, language in wanted:
            key = target.number, language
            version, words = self._known.get(key, (None, ""))
            if version == target.version:
                found[key] = words
            else:
                unknown.add(key)
        stored = await queries.expressions_of(connection, {number for number, _ in unknown})
        new = readable(
            (key for key in unknown if stored.get(key[0], _NOTHING)[0]),
            lambda key: (key, sentence(from_json(stored[key[0]][0]), key[1])),
            "search.unreadable",
            lambda key: key[0],
        )
        for key, words in new:
            found[key] = words
            self._known[key] = stored[key[0]][1], words
        while len(self._known) > MOST:
            del self._known[next(iter(self._known))]
        return found
