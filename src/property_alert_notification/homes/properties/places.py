"""The names of towns, counties, states and countries in the one form that is compared. Pure."""

import re
from collections.abc import Mapping
from functools import lru_cache

from property_alert_notification.homes.properties.folding import fold, plain
from property_alert_notification.homes.properties.street_words import words_of

_STATES = """
al alabama|ak alaska|az arizona|ar arkansas|ca california|co colorado|ct connecticut|de delaware|fl florida|ga georgia
dc district of columbia|hi hawaii|id idaho|il illinois|in indiana|ia iowa|ks kansas|ky kentucky|la louisiana|me maine
md maryland|ma massachusetts|mi michigan|mn minnesota|ms mississippi|mo missouri|mt montana|ne nebraska|nv nevada
nh new hampshire|nj new jersey|nm new mexico|ny new york|nc north carolina|nd north dakota|oh ohio|ok oklahoma
or oregon|pa pennsylvania|ri rhode island|sc south carolina|sd south dakota|tn tennessee|tx texas|ut utah|vt vermont
va virginia|wa washington|wv west virginia|wi wisconsin|wy wyoming|pr puerto rico|ab alberta|bc british columbia
mb manitoba|nb new brunswick|nl newfoundland and labrador|ns nova scotia|on ontario|pe prince edward island
qc quebec|sk saskatchewan
"""
_COUNTRIES = """
us usa|us u s|us u s a|us united states|us united states of america|us america|gb uk|gb gbr|gb united kingdom
gb great britain|gb england
de deu|de germany|de deutschland|es esp|es spain|es espana|mx mex|mx mexico|ca can|ca canada|co col|co colombia
fr fra|fr france|it ita|it italy|pt prt|pt portugal|ie irl|ie ireland|au aus|au australia|nz nzl|nz new zealand
at aut|at austria
"""


def _codes(text: str) -> dict[str, str]:
    return {name: code for code, name in (one.split(" ", 1) for one in re.split(r"[|\n]", text.strip()))}


_STATE_OF, _COUNTRY_OF = _codes(_STATES), _codes(_COUNTRIES)

STATES: Mapping[str, frozenset[str]] = {
    code: frozenset(name for name, its in _STATE_OF.items() if its == code) for code in _STATE_OF.values()
}
"""The names of each state, by its code."""

PROVINCES = frozenset({"ab", "bc", "mb", "nb", "nl", "ns", "on", "pe", "qc", "sk"})
"""Those of them that are of Canada."""


def state_of(value: str | None) -> str:
    """A state: Washington is wa."""
    name = _words(value)
    return _STATE_OF.get(name, name)


def country_of(value: str | None) -> str:
    """A country: United States is us."""
    name = _words(value)
    return _COUNTRY_OF.get(name, name)


_NO_COUNTY = frozenset(
    words_of("other unknown none na null various multiple outofstate outofarea outofcounty notincounty seeremarks")
)
_SAINTS = {"saint": "st", "sainte": "ste", "mount": "mt", "fort": "ft"}
_DIRECTIONS = {"n": "north", "no": "north", "s": "south", "so": "south", "e": "east", "w": "west"}


@lru_cache(maxsize=10_000)
def county_of(value: str | None) -> str:
    """A county: King County, King (WA), WA - King and 033 - King are king, and La Salle is lasalle.

    Its number alone says nothing, since others write the name.
    """
    text = re.sub(r"^us-([a-z]{2})-", r"\1, ", fold(value).replace("&", " and "))
    first, *others = map(_words, re.split(r"[,(]", text))
    name = others[0] if others and (first in STATES or first.isdigit()) else first
    name = re.sub(r"^\d+ | \d+$", "", name)
    name = re.sub(r"^(city and )?(county|parish|borough|municipality) of ", "", name)
    name = re.sub(r" ((city and )?(county|borough)|co|parish|municipality|census area)$", "", name)
    name = "".join(_SAINTS.get(word, word) for word in name.split())
    return "" if name.isdigit() or name in _NO_COUNTY else name


def town_in(value: str | None) -> str:
    """The name of a town, without the state behind it: Seattle, WA; City of Seattle."""
    text = fold(value)
    name, _, behind = text.rpartition(",")
    state = state_of(re.sub(r"[\d\s-]+$", "", behind))
    return re.sub(r"^(?:city|town|village) of ", "", name if name and state in STATES else text)


@lru_cache(maxsize=10_000)
def town_of(value: str | None) -> str:
    """A town in the form that is compared: St. Louis and Saint Louis are stlouis, N Las Vegas is northlasvegas."""
    words = [_SAINTS.get(word, word) for word in _words(town_in(value)).split()]
    if words[1:]:
        words[0] = _DIRECTIONS.get(words[0], words[0])
    return "".join(words)


@lru_cache(maxsize=10_000)
def _words(value: str | None) -> str:
    return " ".join(re.findall(r"\w+", plain(value or "")))
