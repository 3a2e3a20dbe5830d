"""What the compiled form says of listings, beside a plain evaluation of the raw `Criteria` on the raw record."""

import random
from datetime import UTC, datetime
from typing import Any

from property_alert_notification.homes.criteria.evaluate import evaluate
from property_alert_notification.homes.criteria.expression import Expression, from_json, to_json
from property_alert_notification.homes.criteria.odata.read_filter import read_filter
from property_alert_notification.homes.criteria.read_criteria import read_criteria
from property_alert_notification.homes.reso.record import Feed, read
from tests.unit.homes.criteria import drawn
from tests.unit.homes.criteria.plain_oracle import matches

SEARCHES, RECORDS = 400, 40
_FEED = Feed(zone=None, currency="USD")
_NOW = datetime(2026, 11, 29, tzinfo=UTC)


def test_the_compiled_form_matches_what_the_raw_criteria_match() -> None:
    dice = random.Random(20261129)
    records = [drawn.record(dice, key) for key in range(RECORDS)]
    listings = [read(record, _FEED, _NOW).fields for record in records]
    matched = 0
    for _ in range(SEARCHES):
        criteria = drawn.criteria(dice)
        expression = from_json(to_json(read_criteria(criteria, "USD")))
        for record, fields in zip(records, listings, strict=True):
            verdict = evaluate(expression, fields)
            assert (verdict is True) == matches(criteria, record), (criteria, record, verdict)
            matched += verdict is True

    assert SEARCHES * RECORDS / 50 < matched < SEARCHES * RECORDS / 2


_FILTERS = ("ListPrice", "BedroomsTotal", "YearBuilt", "LivingArea")

_OPERATORS = {"min": "ge", "max": "le"}


def _as_filter(criteria: dict[str, Any]) -> str | None:
    """The same conditions as a filter; None if that cannot say one of them."""
    parts = []
    for name, wanted in criteria.items():
        if isinstance(wanted, list) and name not in ("Keywords", "Features"):
            words = ",".join(word if "'" in word else f"'{word}'" for word in wanted)
            parts.append(f"{name} in ({words})")
        elif name in _FILTERS and not set(wanted) - {"min", "max"}:
            parts += [
                f"{name} {operator} {wanted[key]}" for key, operator in (("min", "ge"), ("max", "le")) if key in wanted
            ]
        elif name == "Area" and wanted.get("type") == "Circle":
            x, y = wanted["center"]
            parts.append(f"geo.distance(Coordinates,geography'POINT({x} {y})') le {wanted['radius']}")
        elif name == "Area" and wanted.get("type") == "Polygon":
            rings = ",".join("({})".format(",".join(f"{x} {y}" for x, y in ring)) for ring in wanted["coordinates"])
            parts.append(f"geo.intersects(Coordinates,geography'POLYGON({rings})')")
        else:
            return None
    return " and ".join(parts)


def _same_filter(criteria: dict[str, Any]) -> Expression | None:
    filter_ = _as_filter(criteria)
    return None if filter_ is None else read_filter(filter_, "USD")


def test_a_filter_matches_what_the_same_criteria_match() -> None:
    dice = random.Random(11)
    records = [read(drawn.record(dice, key), _FEED, _NOW).fields for key in range(RECORDS)]
    compared = 0
    while compared < 60:
        criteria = drawn.criteria(dice)
        if (by_filter := _same_filter(criteria)) is not None:
            compared += 1
            by_criteria = read_criteria(criteria, "USD")
            for fields in records:
                assert evaluate(by_filter, fields) is evaluate(by_criteria, fields), (criteria, fields)
