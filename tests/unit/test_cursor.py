"""A cursor gives back the id it was made of, and nothing else is a cursor."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from property_alert_notification.notifications.cursor import from_cursor, to_cursor


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


def test_another_version_is_refused() -> None:
    with pytest.raises(ValueError, match="not a cursor"):
        from_cursor("A" + to_cursor(UUID(int=1)))
