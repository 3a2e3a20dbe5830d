"""What the User service answers is checked: a profile, or nothing that can be used."""

import json
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from property_alert_notification.people.directory.answers import (
    ABSENT,
    LARGEST_ID,
    LONGEST_ADDRESS,
    LONGEST_NAME,
    FieldPaths,
    NotAProfile,
    read_document,
    read_many,
    read_profile,
)
from property_alert_notification.people.directory.profile import UNKNOWN_FOR, Entry, Profile, has_moved
from tests.fuzz.budget import budget

DEFAULT = FieldPaths.read("")
ADA = {
    "email": "ada@example.com",
    "phone_number": "+14155552671",
    "name": "Ada",
    "language": "en-GB",
    "time_zone": "Europe/London",
}


def _as_is(_field: str, address: str) -> str | None:
    return None if address == "unusable" else address


def _read(document: Any, paths: FieldPaths = DEFAULT) -> Profile:
    return read_profile(document, 1, paths, _as_is)


def test_the_fields_of_a_profile_are_read() -> None:
    assert _read(ADA | {"country": "gb", "id": 1, "more": [1]}) == Profile(1, *ADA.values(), country="GB")
    assert _read(ADA | {"id": "1"}) == Profile(1, *ADA.values())
    assert _read({"email": None}) == Profile(1)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("email", ""),
        ("email", "  "),
        ("email", "unusable"),
        ("email", "a@b.example\r\nBcc: c@d.example"),
        ("phone_number", "+1" * 200),
        ("name", "Ada\nLovelace"),
        ("name", 7),
        ("name", "x" * 256),
        ("language", "English, please"),
        ("language", ["en"]),
        ("time_zone", "Mars/Olympus"),
        ("time_zone", "../../etc/passwd"),
        ("time_zone", {"name": "Europe/London"}),
        ("country", "England"),
        ("country", 44),
    ],
)
def test_what_cannot_be_used_is_left_out(field: str, value: Any) -> None:
    profile = _read(ADA | {field: value})

    assert getattr(profile, field) is None
    assert [name for name in ADA if getattr(profile, name) is None and name != field] == []


@pytest.mark.parametrize(
    ("document", "why"),
    [
        ([], "none of the fields"),
        ({}, "none of the fields"),
        ({"detail": "Internal Server Error"}, "none of the fields"),
        ("ada@example.com", "none of the fields"),
        (None, "none of the fields"),
        ([ADA], "none of the fields"),
        (ADA | {"email": 7}, "email that is not text"),
        (ADA | {"phone_number": {"mobile": "+14155552671"}}, "phone_number that is not text"),
        (ADA | {"id": 2}, "another user"),
        (ADA | {"id": "2"}, "another user"),
    ],
)
def test_nonsense_is_no_profile(document: Any, why: str) -> None:
    with pytest.raises(NotAProfile, match=why):
        _read(document)


@pytest.mark.parametrize("body", [b"", b"<html>", b'{"email": "a@b.exa', b"\xff\xfe", b"[" * 100_000, b"1" * 10_000])
def test_a_body_that_is_no_json_is_no_document(body: bytes) -> None:
    with pytest.raises(NotAProfile, match="not JSON"):
        read_document(body)


def test_lengths_and_ids_up_to_their_limits_are_read() -> None:
    longest = {"email": "e" * LONGEST_ADDRESS, "phone_number": "5", "name": "n" * LONGEST_NAME}
    assert _read(longest) == Profile(1, "e" * LONGEST_ADDRESS, "5", "n" * LONGEST_NAME)
    assert _read({"name": "X"}).name == "X"
    ids = [0, "0", 1, LARGEST_ID, str(LARGEST_ID), LARGEST_ID + 1, "1" * 20, "0" * 19 + "7", -1, True]
    found = [set(read_many([{"id": one, "name": "Ada"}], DEFAULT, _as_is)) for one in ids]
    assert found == [{0}, {0}, {1}, {LARGEST_ID}, {LARGEST_ID}, set(), set(), set(), set(), set()]


def test_an_address_is_read_as_its_field_wants_it() -> None:
    asked: list[tuple[str, str]] = []
    read_profile(ADA, 1, DEFAULT, lambda field, text: asked.append((field, text)))
    assert asked == [("email", "ada@example.com"), ("phone_number", "+14155552671")]


def test_an_answer_that_is_no_profile_says_why() -> None:
    reasons = {
        "is not JSON": lambda: read_document(b"{"),
        "has no list of users": lambda: read_many({}, DEFAULT, _as_is),
        "has none of the fields of a profile": lambda: _read({"id": 1}),
        "is about another user": lambda: _read(ADA | {"id": 2}),
    }
    for reason, read in reasons.items():
        with pytest.raises(NotAProfile) as refused:
            read()
        assert str(refused.value) == reason


def test_a_field_without_a_path_is_absent() -> None:
    paths = FieldPaths.read("name=, id=")
    assert paths.value({"name": "Ada", "": "Ada"}, "name") is ABSENT
    assert _read(ADA | {"id": 2}, paths) == Profile(1, **ADA | {"name": None})
    with pytest.raises(ValueError, match="email: a path is names with dots between"):
        FieldPaths.read("email=a=b")
    with pytest.raises(ValueError, match="of the fields email, phone_number, name, "):
        FieldPaths.read("mail=a")


def test_fields_may_be_elsewhere() -> None:
    paths = FieldPaths.read("email=contact.email, phone_number = contact.mobile,id=uid,users=data.items")
    one = {"contact": {"email": "ada@example.com", "mobile": "+14155552671"}, "uid": 1, "id": "not ours", "name": "Ada"}

    assert _read(one, paths) == Profile(1, "ada@example.com", "+14155552671", "Ada")
    assert read_many({"data": {"items": [one]}}, paths, _as_is) == {1: _read(one, paths)}
    assert _read(ADA | {"id": 2}, FieldPaths.read("id=")) == _read(ADA)


@pytest.mark.parametrize("text", ["email", "mail=x", "email=a..b", "email=a b", "=x", "email={x}"])
def test_a_path_that_cannot_be_used_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"field=path|a path is names"):
        FieldPaths.read(text)


def test_of_many_those_that_can_be_read_are_read() -> None:
    answered = [ADA | {"id": 1}, ADA, ADA | {"id": True}, {"id": 2}, 7, ADA | {"id": 3, "email": 7}, ADA | {"id": "4"}]

    assert set(read_many(answered, DEFAULT, _as_is)) == {1, 4}
    with pytest.raises(NotAProfile, match="no list"):
        read_many({"users": answered}, DEFAULT, _as_is)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text() | st.sampled_from(["id", *ADA]), inner),
    max_leaves=20,
)


@budget()
@given(st.dictionaries(st.sampled_from(["id", "country", *ADA]), _JSON) | _JSON)
def test_no_answer_breaks_the_reading(document: Any) -> None:
    with suppress(NotAProfile):
        profile = _read(read_document(json.dumps(document).encode()))
        assert profile.user_id == 1
        assert all(value is None or value.isprintable() for value in [profile.email, profile.name, profile.time_zone])
    read_many([document], DEFAULT, _as_is)


def test_a_user_has_moved_when_other_hours_may_count() -> None:
    then = datetime(2026, 12, 1, tzinfo=UTC)
    at_home = Entry(Profile(1, "ada@example.com", "+14155552671", "Ada", "en", "Europe/London", "GB"), then)

    def became(**changed: Any) -> bool:
        profile = at_home.profile._replace(**changed) if at_home.profile else None
        return has_moved(at_home, Entry(profile, then))

    assert [became(**{field: None}) for field in ("phone_number", "time_zone", "country")] == [True] * 3
    assert not became(email="new@example.com", name="Countess", language="fr")
    assert has_moved(None, at_home)
    assert has_moved(at_home, Entry(None, then))
    assert not has_moved(None, Entry(None, then))
    assert not has_moved(Entry(None, then), Entry(Profile(1, "ada@example.com"), then))


def test_how_long_an_answer_counts() -> None:
    now = datetime(2026, 12, 1, tzinfo=UTC)
    hour, unknown_for = timedelta(hours=1), UNKNOWN_FOR

    def is_fresh(entry: Entry, after: timedelta) -> bool:
        return replace(entry, known_at=now - after).is_fresh(hour, now)

    known, unknown, deleted = Entry(Profile(1), now), Entry(None, now), Entry(None, now, pushed=True)
    assert [is_fresh(one, hour - timedelta(seconds=1)) for one in (known, unknown, deleted)] == [True, False, True]
    assert [is_fresh(one, hour) for one in (known, deleted)] == [False, False]
    assert is_fresh(unknown, unknown_for - timedelta(seconds=1))
    assert not is_fresh(unknown, unknown_for)
