"""The names of counties, states and countries in the one form that is compared. Pure."""

import re
from collections.abc import Mapping
from functools import lru_cache

from property_alert_notification.homes.properties.folding import plain

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
us usa|us united states|us united states of america|gb uk|gb gbr|gb united kingdom|gb great britain|gb england
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


def county_of(value: str | None) -> str:
    """A county: King County and King (WA) are king; its number says nothing, since others write the name."""
    name = re.sub(r"^(county|parish) of ", "", _words(re.sub(r"[,(].*", "", value or "")))
    name = re.sub(r" (county|co|parish|borough)$", "", name)
    return "" if name.isdigit() else re.sub(r"^saint ", "st ", name)


@lru_cache(maxsize=10_000)
def _words(value: str | None) -> str:
    return " ".join(re.findall(r"\w+", plain(value or "")))
