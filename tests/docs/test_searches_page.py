"""The examples of docs/searches.md are read as it says."""

import json
import re
from pathlib import Path

import pytest

from property_alert_notification.base.errors import InvalidField
from property_alert_notification.homes.criteria.odata.read_filter import read_filter
from property_alert_notification.homes.criteria.read_criteria import read_criteria
from property_alert_notification.homes.criteria.sentence import sentence

PAGE = (Path(__file__).parents[2] / "docs" / "searches.md").read_text(encoding="utf-8")
POLYGON = "((-122.4 47.5,-122.2 47.5,-122.2 47.7,-122.4 47.5))"


def _blocks(language: str) -> list[str]:
    fenced = re.findall(r"^```(\w*)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    return [text for its, text in fenced if its == language]


def test_the_criteria_are_read() -> None:
    examples = [json.loads(block) for block in _blocks("json")]
    searches = [example for example in examples if "City" in example]

    assert searches
    for example in searches:
        assert sentence(read_criteria(example, "USD")).startswith("Homes in ")


def test_the_filters_are_read() -> None:
    in_table = [row.split("|")[2] for row in PAGE.split("## $filter")[1].splitlines() if row.startswith("| ")]
    conditions = [part.replace("((…))", POLYGON) for cell in in_table for part in re.findall("`([^`]+)`", cell)]
    filters = [part for part in conditions if re.search(r" (eq|ne|ge|gt|le|in|has) |\w\(", part)]

    assert len(filters) > 10
    for filter_ in [*filters, *_blocks("")]:
        read_filter(filter_, "USD")


def test_the_error_is_the_one_that_is_shown() -> None:
    [(column, part, problem)] = re.findall(r"`at column (\d+), (\S+): ([^`]+)`", PAGE)

    with pytest.raises(InvalidField, match=re.escape(f"at column {column}, {part}: {problem}")):
        read_filter("City eq 'Kent' and X_Y > 3", "USD")
