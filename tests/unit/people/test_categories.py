"""What categories say, how they are written, and what is wrong with a file of them."""

import json
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from property_alert_notification.base import durations
from property_alert_notification.base.errors import ConfigurationError
from property_alert_notification.base.vocabulary import CategoryKind, Channel, Frequency
from property_alert_notification.people.categories.cache import read
from property_alert_notification.people.categories.category_file import configured_categories
from property_alert_notification.people.categories.definition import CategoryDefinition, values_of
from property_alert_notification.people.categories.line_numbers import in_json, in_toml
from property_alert_notification.people.categories.rules import BUILT_IN, Categories, Category, built_in

EMAIL, SMS = Channel("email"), Channel("sms")
TRANSACTIONAL, PROMOTIONAL = CategoryKind.TRANSACTIONAL, CategoryKind.PROMOTIONAL


def test_the_built_in_categories_behave_as_before_categories_existed() -> None:
    kinds = {name: (category.kind, category.required) for name, category in BUILT_IN.items()}

    assert kinds == {
        "general": (TRANSACTIONAL, False),
        "listing_alert": (PROMOTIONAL, False),
        "viewing": (TRANSACTIONAL, False),
        "offer": (TRANSACTIONAL, False),
        "account": (TRANSACTIONAL, True),
        "digest": (PROMOTIONAL, False),
    }
    assert all(category.default == {} and category.message_ttl is None for category in BUILT_IN.values())
    assert not built_in().some_give_up


def test_an_undefined_category_behaves_like_general() -> None:
    general = Category("general", on_unknown="give_up")
    categories = Categories({**BUILT_IN, "general": general})

    assert categories.of("open_house") == Category("open_house", on_unknown="give_up")
    assert categories.of("viewing") is BUILT_IN["viewing"]
    assert categories.some_give_up
    assert not categories.of("open_house").resends


@pytest.mark.parametrize("carries", ["viewing", "listing_alert", "account"])
def test_a_digest_is_promotional_or_required_as_its_items_are(carries: str) -> None:
    items = built_in().of(carries)
    assert built_in().of_message("digest", carries) == Category("digest", items.kind, items.required)
    assert built_in().of_message(carries, None) is items


@pytest.mark.parametrize("category", BUILT_IN.values(), ids=str)
def test_a_definition_defines_the_category_that_it_was_made_of(category: Category) -> None:
    written = CategoryDefinition.of(category).model_dump_json(exclude_defaults=True)

    assert CategoryDefinition.model_validate_json(written).named(category.name) == category


def test_every_field_of_a_definition_is_kept() -> None:
    written = {
        "kind": "promotional",
        "required": False,
        "default": {"email": "daily", "sms": "never"},
        "message_ttl": "36h",
        "on_unknown": "give_up",
        "confirm_opt_in": True,
    }
    definition = CategoryDefinition.model_validate(written)

    category = definition.named("price_drop")

    assert category == Category(
        "price_drop",
        PROMOTIONAL,
        default={EMAIL: Frequency.DAILY, SMS: Frequency.NEVER},
        message_ttl=timedelta(hours=36),
        on_unknown="give_up",
        confirm_opt_in=True,
    )
    assert definition.model_dump(mode="json") == written
    assert CategoryDefinition.model_validate(values_of(category)) == definition


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("kind", "marketing"),
        ("kind", None),
        ("required", "yes"),
        ("required", True),
        ("default", {"pigeon": "daily"}),
        ("default", {"email": "hourly"}),
        ("default", "daily"),
        ("message_ttl", "soon"),
        ("message_ttl", "0h"),
        ("message_ttl", "-2h"),
        ("message_ttl", 7200),
        ("message_ttl", True),
        ("on_unknown", "drop"),
        ("ttl", "2h"),
    ],
)
def test_what_cannot_be_used_is_refused_by_its_field(field: str, value: object) -> None:
    with pytest.raises(ValidationError) as caught:
        CategoryDefinition.model_validate({"kind": "promotional", field: value})

    assert {str(error["loc"][0]) for error in caught.value.errors()} == {field}


@given(st.integers(1, 999_999), st.sampled_from(["s", "min", "h", "d"]))
def test_a_duration_is_written_as_what_reads_as_the_same(count: int, unit: str) -> None:
    duration = durations.parse(f"{count}{unit}")

    assert durations.parse(durations.written(duration)) == duration


@pytest.mark.parametrize(("text", "written"), [("120min", "2h"), ("48h", "2d"), ("90min", "90min"), ("61s", "61s")])
def test_a_duration_is_written_in_the_largest_unit_that_is_exact(text: str, written: str) -> None:
    assert durations.written(durations.parse(text)) == written


@pytest.mark.parametrize("text", ["", "h", "2", "2 h", "2h ", "2H", "02h", "1.5h", "P1D", "1000000d", "٢h"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="for example 2h"):
        durations.parse(text)


def _file(folder: Path, text: str | bytes) -> str:
    file = folder / "categories"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return str(file)


TOML = """\
# What our categories mean.
[viewing]
message_ttl = "2h"

[price_drop]
kind = "promotional"
default = { email = "daily" }
default.sms = "never"
"""


def test_without_a_file_the_categories_are_the_built_in_ones() -> None:
    assert configured_categories(None) is BUILT_IN


@pytest.mark.parametrize("before", ["", "\ufeff"])
def test_a_file_defines_categories_and_changes_single_fields_of_built_in_ones(tmp_path: Path, before: str) -> None:
    toml = TOML.replace('default = { email = "daily" }\n', 'default.email = "daily"\n').replace("\n", "\r\n")
    as_json = json.dumps(
        {
            "viewing": {"message_ttl": "2h"},
            "price_drop": {"kind": "promotional", "default": {"email": "daily", "sms": "never"}},
        }
    )

    for text in (toml, as_json):
        found = configured_categories(_file(tmp_path, before + text))

        assert found["viewing"] == Category("viewing", message_ttl=timedelta(hours=2))
        defaults = {EMAIL: Frequency.DAILY, SMS: Frequency.NEVER}
        assert found["price_drop"] == Category("price_drop", PROMOTIONAL, default=defaults)
        assert found["account"] is BUILT_IN["account"]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (TOML, ", line 8: is not valid TOML "),
        ("[viewing\n", ", line 1: is not valid TOML"),
        ('viewing = "', ", its end: is not valid TOML"),
        ('{"viewing": {},\n]', ", line 2: is not valid JSON"),
        (
            '[viewing]\nmessage_ttl = "2h"\n\n[offer]\nmessage_ttl = "soon"\n',
            ", line 5: offer.message_ttl must be a number",
        ),
        ('[a]\nkind = "promotional"\n[b]\n', ", line 3: b.kind is required"),
        ('[a]\nkind = "promotional"\nrequired = true\n', ", line 3: a.required must be false for a promotional"),
        (
            '[a]\nkind = "transactional"\n[a.default]\nemail = "daily"\nfax = "daily"\n',
            ", line 5: a.default.fax must be one of",
        ),
        ('[a]\nkind = "transactional"\ndefault = { fax = "daily" }\n', ", line 3: a.default.fax must be one of"),
        ('["Not one"]\nkind = "promotional"\n', ", line 1: Not one cannot be the name of a category"),
        ("viewing = 3\n", ", line 1: viewing must have fields"),
        ('[viewing]\n"on-unknown" = "resend"\n', ", line 1: viewing has an unknown field: did you mean on_unknown?"),
        ('{"a": {"kind": "promotional"},\n "b": {\n  "kind": "odd"}}', ", line 3: b.kind must be one of"),
        ('{"a": {"kind": "promotional"},\n "a": {}}', ", line 2: a is defined twice"),
        ('{"a": {"kind": "promotional",\n "kind": "transactional"}}', ", line 2: a.kind is defined twice"),
        ("[" * 100_000, ": is not valid TOML"),
        ('{"a":' * 100_000, ": nests brackets too deeply"),
        (b"\xff\xfe", ": is not UTF-8 text"),
        ("#" * 1_100_000, ": is larger than 1024 kB"),
    ],
)
def test_an_invalid_file_is_reported_with_line_and_field(tmp_path: Path, text: str | bytes, problem: str) -> None:
    file = _file(tmp_path, text)

    with pytest.raises(ConfigurationError) as caught:
        configured_categories(file)

    assert str(caught.value).startswith(f"CATEGORIES_FILE: {file}")
    assert problem in str(caught.value)
    assert "\n" not in str(caught.value)


def test_all_errors_are_reported_at_once(tmp_path: Path) -> None:
    text = '[a]\nkind = "odd"\nmessage_ttl = "soon"\n[b]\nkind = "promotional"\non_unknown = "drop"\n'

    with pytest.raises(ConfigurationError) as caught:
        configured_categories(_file(tmp_path, text))

    assert [part.split(": ")[2].split()[0] for part in str(caught.value).split("; ")] == [
        "a.kind",
        "a.message_ttl",
        "b.on_unknown",
    ]


def test_a_file_that_is_not_there_is_named() -> None:
    with pytest.raises(ConfigurationError, match=r"CATEGORIES_FILE: /nowhere/at all: cannot be read \(No such file"):
        configured_categories("/nowhere/at all")


def test_the_lines_of_json_are_found_also_behind_escapes_and_lists() -> None:
    text = '{"a":\n  {"b": [{"c": "}{"}, "\\"x\\": 1"],\n "d\\"": null, "e": "b:"}}'

    assert list(in_json(text)) == [
        (("a",), 1),
        (("a", "b"), 2),
        (("a", "b", "c"), 2),
        (("a", 'd"'), 3),
        (("a", "e"), 3),
    ]


def test_the_lines_of_toml_are_found_by_table_and_key() -> None:
    text = "a.b = 1\n[ 'c d'.e ]\n\"f\" = 2\n# [g]\nh . i = 3\n"

    assert list(in_toml(text)) == [
        (("a",), 1),
        (("a", "b"), 1),
        (("c d", "e"), 2),
        (("c d", "e", "f"), 3),
        (("c d", "e", "h"), 5),
        (("c d", "e", "h", "i"), 5),
    ]


def test_a_stored_category_that_cannot_be_read_spoils_no_other() -> None:
    rows = [
        ("good", '{"kind":"promotional","of_a_newer_version":1}'),
        ("odd", '{"kind":"odd"}'),
        ("text", "text"),
        ("bytes", b"\xff\xfe"),
    ]

    assert read(rows) == {"good": Category("good", PROMOTIONAL)}  # type: ignore[arg-type]
