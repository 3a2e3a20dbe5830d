"""The days on which searches matched last, thousands in one text."""

import random
from datetime import UTC, datetime

import numpy as np
import pytest

from property_alert_notification.homes.saved_searches.matched_days.days import (
    DIGITS,
    SIZE,
    Days,
    add_matches,
    day_of,
    decode,
    decode_one,
    encode,
    start_of,
)


def test_the_latest_day_of_each_search_is_kept_whatever_their_order() -> None:
    chance = random.Random(7)
    found: dict[int, Days] = {}
    latest: dict[int, int] = {}
    for _ in range(50):
        day = chance.randrange(20_000, 20_400)
        numbers = sorted(chance.sample(range(3 * SIZE), 400))
        add_matches(found, np.array(numbers, dtype=np.int64), day)
        latest |= {number: max(day, latest.get(number, 0)) for number in numbers}

    texts = {block: encode(days) for block, days in found.items()}
    for number in range(3 * SIZE):
        place = number % SIZE * DIGITS
        day = latest.get(number)
        shown = decode_one(texts[number // SIZE][place : place + DIGITS])
        assert shown == (None if day is None else start_of(day))
        assert decode(texts[number // SIZE])[number % SIZE] == (day or 0)


def test_a_day_begins_at_midnight_in_utc() -> None:
    assert start_of(day_of(datetime(2026, 11, 30, 23, 59, 59, tzinfo=UTC))) == datetime(2026, 11, 30, tzinfo=UTC)


def test_a_new_block_has_no_days() -> None:
    assert not decode("").any()
    assert decode_one("") is None


@pytest.mark.parametrize("text", ["xyz", "00ff", "0" * (SIZE * DIGITS + DIGITS)])
def test_what_is_no_text_of_days_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"not the days of a block|fromhex"):
        decode(text)
