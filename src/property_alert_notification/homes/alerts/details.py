"""What the text of an alert is made of. It is stored, so that the text can be made anew before it is sent. Pure."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from typing import Any, NamedTuple, Self

from property_alert_notification.homes.alerts.news import News
from property_alert_notification.homes.properties.shown_address import shown_address
from property_alert_notification.homes.reso.words import LEASES

_encode = json.JSONEncoder(separators=(",", ":")).encode
_quoted = json.encoder.encode_basestring_ascii


class ToldFact(NamedTuple):
    """One fact that an alert tells."""

    kind: str
    """A ChangeType, or `In Range`."""
    field: str | None
    """Of a fact of the listing, or one of the fields in `differences`; None if it is not known."""
    before: Any
    after: Any
    before_currency: str | None = None
    """That of the previous price, if it was another one."""
    also: str | None = None
    """Another kind that it has, too: a price that one search tells as a change may have brought the home into the range
    of another search."""

    @classmethod
    def of(cls, news: News) -> Self:
        """The fact behind one of the news."""
        fact = news.fact
        if fact is None:
            return cls(news.kind, None, None, None)
        return cls(news.kind, fact.field, fact.before, fact.after, fact.before_currency)

    @classmethod
    def all_of(cls, news: News) -> list[Self]:
        """The fact behind one of the news, and what else brought the home into the range of a search."""
        others = [cls(news.kind, one.field, one.before, one.after) for one in news.differences]
        return [cls.of(news), *others] if news.fact is not None or not others else others


class ToldSearch(NamedTuple):
    """One search that an alert names."""

    name: str
    sentence: str
    """What the search looks for, in words."""
    is_new: bool
    """Whether the listing did not match it before."""
    number: int | None = None
    """Its number; None in alerts that were stored without it, whose searches are not asked again."""


@dataclass(frozen=True, slots=True)
class AlertDetails:
    """One alert."""

    language: str
    """Of the text, as `shown_locale` has it."""
    listing_key: str
    address: str | None
    """None if it is not known, or not to be shown."""
    city: str | None
    status: str
    price: int | float | None
    currency: str
    facts: tuple[ToldFact, ...]
    """None if it is one of the homes of a first alert, which tells what holds."""
    searches: tuple[ToldSearch, ...]
    matched: int | None = None
    """How many homes matched when a first alert was made; None in an alert about one home."""
    is_to_let: bool = False
    """Whether the home is let, and not sold."""

    @property
    def stored(self) -> str:
        """As the store keeps it."""
        return stored_after(self.beginning, self.searches)

    @property
    def beginning(self) -> str:
        """As the store keeps it, up to the searches.

        Default values are left out: a worker of an earlier version cannot read an alert with a value that it does not
        know.
        """
        known = {name: its for name, usual in _BEFORE_SEARCHES.items() if (its := getattr(self, name)) != usual}
        facts = [fact[:-1] if fact.also is None else fact for fact in self.facts]
        return _encode(known | {"facts": facts})[:-1]

    @classmethod
    def read(cls, stored: str) -> Self:
        """What `stored` is.

        Raises:
            ValueError: it is no alert.
        """
        try:
            known = dict(json.loads(stored))
            known["facts"] = tuple(ToldFact(*one) for one in known["facts"])
            known["searches"] = tuple(ToldSearch(*one) for one in known["searches"])
            return cls(**known)
        except (LookupError, TypeError, RecursionError) as fault:
            raise ValueError("not the details of an alert") from fault


def stored_after(beginning: str, searches: Iterable[ToldSearch]) -> str:
    """An alert as the store keeps it; `beginning` is that of an alert with the same facts of the home."""
    return f'{beginning},"searches":[{",".join(map(_stored_search, searches))}]}}'


def _stored_search(one: ToldSearch) -> str:
    # Written as a list, at a quarter of what an encoder takes that is made for it.
    number = "null" if one.number is None else one.number
    return f"[{_quoted(one.name)},{_quoted(one.sentence)},{'true' if one.is_new else 'false'},{number}]"


_BEFORE_SEARCHES = {field.name: field.default for field in fields(AlertDetails) if field.name != "searches"}


def details_of(
    fields: Mapping[str, Any],
    facts: Iterable[ToldFact],
    searches: Iterable[ToldSearch],
    language: str,
    *,
    matched: int | None = None,
) -> AlertDetails:
    """What an alert about a listing with these fields tells."""
    return AlertDetails(
        language,
        str(fields.get("ListingKey", "")),
        shown_address(fields),
        _text(fields.get("City")),
        str(fields.get("StandardStatus", "")),
        fields.get("ListPrice"),
        str(fields.get("currency", "")),
        tuple(facts),
        tuple(searches),
        matched,
        str(fields.get("PropertyType")) in LEASES,
    )


def _text(value: Any) -> str | None:
    return " ".join(value.split()) or None if isinstance(value, str) else None
