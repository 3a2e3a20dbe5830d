"""A cursor gives back the id it was made of, and nothing else is a cursor."""

from base64 import urlsafe_b64encode
from dataclasses import dataclass
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from property_alert_notification.api.paging import from_cursor, next_cursor, page_of, start_of, to_cursor

CURSOR = to_cursor(UUID(int=1))


@given(st.uuids())
def test_a_cursor_gives_back_its_id_and_is_safe_in_a_url(last: UUID) -> None:
    cursor = to_cursor(last)

    assert from_cursor(cursor) == last
    assert cursor.isascii()
    assert cursor.replace("-", "").replace("_", "").isalnum()


@given(st.text(max_size=40))
def test_what_was_not_made_here_is_refused(text: str) -> None:
    try:
        last = from_cursor(text)
    except ValueError:
        return
    assert to_cursor(last) == text


@pytest.mark.parametrize(
    "text",
    [
        "A" + CURSOR,
        CURSOR[:-1],
        "no base64",
        "é",
        urlsafe_b64encode(UUID(int=1).bytes).decode().rstrip("="),
        urlsafe_b64encode(b"\x02" + UUID(int=1).bytes).decode().rstrip("="),
        CURSOR + "=",
        CURSOR[:-1] + "F",
    ],
    ids=["longer", "shorter", "another alphabet", "no ASCII", "no version", "another version", "padded", "loose bits"],
)
def test_what_is_nearly_a_cursor_is_refused_with_the_reason(text: str) -> None:
    with pytest.raises(ValueError, match=r"^is not a cursor of this list$"):
        from_cursor(text)


@dataclass(frozen=True)
class Item:
    id: UUID


def test_a_page_ends_where_the_next_begins() -> None:
    items = [Item(UUID(int=number)) for number in (9, 7, 3, 1)]

    assert page_of(items, 3) == (items[:3], UUID(int=3))
    assert page_of(items, 4) == (items, None)
    assert page_of(items[:0], 3) == ([], None)


def test_the_first_page_begins_at_no_cursor_and_the_last_one_leads_to_none() -> None:
    assert (start_of(None), start_of(CURSOR)) == (None, UUID(int=1))
    assert (next_cursor(None), next_cursor(UUID(int=1))) == (None, CURSOR)
