"""Compiles the query of a call to the one form of conditions. Pure."""

import json
from dataclasses import dataclass

from property_alert_notification.base.errors import InvalidField
from property_alert_notification.homes.criteria.expression import Expression, to_json
from property_alert_notification.homes.criteria.odata.read_filter import read_filter
from property_alert_notification.homes.criteria.read_criteria import read_criteria
from property_alert_notification.homes.saved_searches.schemas import QueryFields
from property_alert_notification.homes.saved_searches.words import QueryType

LONGEST = 64 * 1024
"""Characters of stored criteria."""


@dataclass(frozen=True, slots=True)
class CompiledQuery:
    """A query that was understood."""

    kind: QueryType
    text: str
    """The query as it was given."""
    expression: Expression

    @property
    def stored(self) -> str:
        """The expression as the store keeps it."""
        return to_json(self.expression)


def compile_query(given: QueryFields, *, currency: str) -> CompiledQuery | None:
    """Compile the query of a call; None if it has none.

    Raises:
        InvalidField: a part cannot be understood; it names the part and where it is.
    """
    if given.SearchQuery is not None:
        expression = read_filter(given.SearchQuery, currency)
        return CompiledQuery(QueryType.FILTER, given.SearchQuery, expression)
    if given.Criteria is None:
        return None
    expression = read_criteria(given.Criteria, currency)
    text = json.dumps(given.Criteria, ensure_ascii=False, separators=(",", ":"))
    if len(text) > LONGEST:
        raise InvalidField("Criteria", f"must have {LONGEST:,} or fewer characters as JSON")
    return CompiledQuery(QueryType.CRITERIA, text, expression)
