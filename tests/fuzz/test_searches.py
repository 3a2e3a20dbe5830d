"""Whatever stands in a search is either refused with a clean error, or compiled, stored, evaluated and put in words."""

from collections.abc import Callable
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from property_alert_notification.base.errors import InvalidField
from property_alert_notification.homes.criteria.clauses import clauses_of
from property_alert_notification.homes.criteria.evaluate import evaluate
from property_alert_notification.homes.criteria.expression import Expression, from_json, to_json
from property_alert_notification.homes.criteria.odata.read_filter import read_filter
from property_alert_notification.homes.criteria.read_criteria import read_criteria
from property_alert_notification.homes.criteria.sentence import LONGEST, sentence
from tests.fuzz.budget import budget
from tests.fuzz.hostile import texts

_PIECES = st.sampled_from(
    [
        *("and", "or", "not", "eq", "ne", "gt", "ge", "lt", "le", "in", "has", "null", "true", "false", "any", "all"),
        *("(", ")", ",", ":", "/", "'", "''", "'Seattle'", "'it''s'", "3", "-1.5", "1e9", "1e999", "0x1", "+", "$"),
        *("City", "ListPrice", "BedroomsTotal", "LivingArea", "PoolPrivateYN", "OnMarketDate", "View", "X_Y"),
        *("StandardStatus", "RESO.StandardStatus'Active'", "Coordinates", "geo.distance(", "contains("),
        *("geo.intersects(", "Nope", "Appliances", "2026-13-40"),
        *("tolower(", "startswith(City,'S')", "Appliances/any(a: ", "a", "2026-11-29", "2026-11-29T09:30:00Z"),
        *("geography'POINT(-122.3 47.6)'", "geography'POLYGON((0 0,1 0,1 1,0 0))'", "geography'POINT(((1 2'"),
        "('x','y')",
    ]
)  # fmt: skip
_filters = st.one_of(
    st.lists(_PIECES, max_size=14).map(" ".join),
    st.lists(_PIECES, max_size=10).map("".join),
    st.sampled_from(["(", "not ", "tolower(", f"geography'{'(' * 3_000}'", "View/any(a:", "'", "1", "City in ("])
    .flatmap(lambda piece: st.integers(1, 1_000).map(lambda times: (piece * times)[:8_100])),
    texts.map(lambda text: text[:8_100]),
)  # fmt: skip
_VALUES = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-(10**400), 10**400),
        st.floats(),
        texts.map(lambda text: text[:300]),
        st.sampled_from(["Polygon", "Circle", "Active", "650,000", "$5", "2,100 sqft", "2026-11-01", "sqm", "USD"]),
    ),
    lambda parts: st.one_of(
        st.lists(parts, max_size=5),
        st.dictionaries(
            st.sampled_from(["type", "coordinates", "center", "radius", "bbox", "min", "max", "units", "x"]),
            parts,
            max_size=4,
        ),
    ),
    max_leaves=12,
)  # fmt: skip
_NAMES = st.sampled_from(
    [
        *(
            "City",
            "PostalCode",
            "PropertyType",
            "StandardStatus",
            "ListPrice",
            "BedroomsTotal",
            "BathroomsTotalInteger",
        ),
        *("LivingArea", "LotSizeArea", "YearBuilt", "Area", "Keywords", "Features", "Exclude", "Nope"),
    ]
)
_POINTS = st.lists(st.sampled_from([-180, -122.5, 0, 0.1, 1, 90, 179.9, 180, 540]), min_size=2, max_size=2)
_AREAS = st.one_of(
    st.lists(st.lists(_POINTS, min_size=3, max_size=8).map(lambda ring: [*ring, ring[0]]), min_size=1, max_size=2).map(
        lambda rings: {"type": "Polygon", "coordinates": rings}
    ),
    st.tuples(_POINTS, _POINTS).map(lambda two: {"bbox": [*two[0], *two[1]]}),
    st.tuples(_POINTS, st.floats(0, 1e8)).map(lambda two: {"type": "Circle", "center": two[0], "radius": two[1]}),
)
_LISTINGS = st.dictionaries(
    st.one_of(
        _NAMES, st.sampled_from(["PublicRemarks", "Appliances", "currency", "LivingAreaUnits", "OnMarketDate", "X_Y"])
    ),
    _VALUES,
    max_size=8,
)


def _is_whole(expression: Expression, listing: dict[str, Any]) -> None:
    assert from_json(to_json(expression)) == expression
    verdict = evaluate(expression, listing)
    assert verdict in (True, False, None)
    clauses = [clause.verdict for clause in clauses_of(expression, listing)]
    assert verdict is (False if False in clauses else None if None in clauses else True)
    for language in ("en", "es"):
        assert 0 < len(sentence(expression, language)) <= LONGEST


def _read(read: Callable[[Any, str], Expression], given_: Any) -> Expression | InvalidField:
    try:
        return read(given_, "USD")
    except InvalidField as refused:
        return refused


@budget(share=8)
@given(filter_=_filters, listing=_LISTINGS)
def test_a_filter_is_compiled_or_refused(filter_: str, listing: dict[str, Any]) -> None:
    read = _read(read_filter, filter_)
    if isinstance(read, InvalidField):
        assert read.field == "SearchQuery"
        assert read.detail.isprintable()
    else:
        _is_whole(read, listing)


@budget(share=8)
@given(criteria=st.one_of(_VALUES, st.dictionaries(_NAMES, st.one_of(_VALUES, _AREAS), max_size=3)), listing=_LISTINGS)
def test_criteria_are_compiled_or_refused(criteria: Any, listing: dict[str, Any]) -> None:
    read = _read(read_criteria, criteria)
    if isinstance(read, InvalidField):
        assert read.field.startswith("Criteria")
        assert read.detail.isprintable()
    else:
        _is_whole(read, listing)
