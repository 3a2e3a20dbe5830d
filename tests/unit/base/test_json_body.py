"""Bodies in JSON, as callers and feeds send them."""

import json
from json import JSONDecodeError
from math import inf
from typing import Any

import pytest

from property_alert_notification.base.json_body import (
    DEEPEST,
    Repeated,
    RepeatedName,
    Unreadable,
    read_json,
    read_records,
    repeated_in,
)

DIGITS = "9" * 5_000
DEEP = "[" * 2_000 + "]" * 2_000


@pytest.mark.parametrize("read", [read_json, read_records])
@pytest.mark.parametrize(
    ("body", "value"),
    [
        (b'{"a": 1, "b": [1.5, null, true]}', {"a": 1, "b": [1.5, None, True]}),
        (b'\xef\xbb\xbf{"a": 1}', {"a": 1}),
        (b'"\xed\xa0\x80"', "\ud800"),
        (b'{"a": 1, "a": 1}', {"a": 1}),
        (b'{"a": "x", "b": [], "a": "x", "c": null, "c": null}', {"a": "x", "b": [], "c": None}),
        (f'{{"a": {DIGITS}, "b": -{DIGITS}, "c": 12}}'.encode(), {"a": inf, "b": -inf, "c": 12}),
        (b"9" * 4_000, int("9" * 4_000)),
    ],
)
def test_what_is_not_ambiguous_is_read(read: Any, body: bytes, value: Any) -> None:
    found = read(body)

    assert found == value
    assert repeated_in(found) is None


@pytest.mark.parametrize(
    ("body", "name"),
    [
        ('{"a": 1, "a": 2}', "a"),
        ('{"a": 1, "b": 2, "b": null, "c": 3}', "b"),
        ('{"a": 1, "a": true}', "a"),
        (r'{"a": 1, "\u0061": 2}', "a"),
        ('[{"x": {"b": [], "b": {}}}]', "b"),
        ('{"a": 1, "b": [1], "b": [1]}', "b"),
        (f'{{"b": {DIGITS}, "b": 1}}', "b"),
    ],
)
def test_a_name_with_two_values_is_an_error_or_marked(body: str, name: str) -> None:
    with pytest.raises(RepeatedName) as caught:
        read_json(body.encode())

    assert caught.value.name == name
    assert repeated_in(read_records(body.encode())) == name


def test_a_marked_object_has_the_last_values_and_all_ambiguous_names() -> None:
    [first, second] = read_records(b'[{"a": 1, "b": 1, "a": 2, "b": 2, "c": 3}, {"a": 1}]')

    assert (first, first.names) == (Repeated(a=2, b=2, c=3), ("a", "b"))
    assert type(second) is dict


@pytest.mark.parametrize(
    ("body", "line", "column"),
    [
        ('{"a": 1 x}', 1, 9),
        ('{"a":\n 1 "b"}', 2, 4),
        ('{"value": [1, 2', 1, 16),
        (f"[{DEEP},\n x]", 2, 2),
        ("[" * 200_000, 1, DEEPEST + 1),
        (f'{{"a": {DIGITS}, x}}', 1, 5_009),
    ],
)
def test_what_is_not_json_is_an_error_with_its_place(body: str, line: int, column: int) -> None:
    with pytest.raises(JSONDecodeError) as caught:
        read_records(body.encode())

    assert (caught.value.lineno, caught.value.colno) == (line, column)


@pytest.mark.parametrize("read", [read_json, read_records])
def test_other_encodings_are_an_error_with_the_first_wrong_byte(read: Any) -> None:
    with pytest.raises(Unreadable, match=r"not in UTF-8.* byte at position 6"):
        read('{"a": "é"}'.encode("latin-1")[:6] + b'\xe9"}')


def test_a_body_that_is_too_deep_is_an_error_with_its_place() -> None:
    with pytest.raises(Unreadable, match=f"{DEEPEST} levels are read. See line 2, column {DEEPEST + 5}."):
        read_json(f'["[",\n 12, {DEEP}]'.encode())


def test_a_record_that_is_too_deep_leaves_its_neighbours_as_they_are() -> None:
    objects = '{"a":' * 2_000 + '"}]"' + "}" * 2_000
    records = f'{{"value": [{{"k": 1, "d": {DEEP}}}, {{"k": "[{{\\""}}, {{"d": {objects}, "k": 3}}, {{"k": 4}}]}}'

    read = read_records(records.encode())["value"]

    assert [one["k"] for one in read] == [1, '[{"', 3, 4]
    assert json.dumps(read[0]["d"]).count("[") == DEEPEST - 3


def test_a_lenient_reader_takes_control_characters_and_marks_bytes_that_are_no_text() -> None:
    body = b'{"a": "caf\xe9\n"}'
    with pytest.raises(Unreadable):
        read_records(body)
    assert read_records(body, is_lenient=True) == {"a": "caf\udce9\n"}
    assert read_records(b'{"a": "\n", "b": 1' + b"0" * 5000 + b"}", is_lenient=True) == {"a": "\n", "b": inf}
