"""Sets of numbers as texts."""

import numpy as np
import pytest
from hypothesis import given, strategies

from property_alert_notification.homes.alerts.numbers import are_in, pack, unpack

NUMBERS = strategies.sets(strategies.integers(0, 2**62) | strategies.integers(0, 300), max_size=50)


@given(NUMBERS)
def test_numbers_come_back(numbers: set[int]) -> None:
    packed = pack(np.array(sorted(numbers), dtype=np.int64))
    assert packed.isascii()
    assert unpack(packed).tolist() == sorted(numbers)


@pytest.mark.parametrize("count", [1, 63, 64, 65, 1_000])
@pytest.mark.parametrize("power", [1, 2, 6])
def test_few_come_back_as_many_do(count: int, power: int) -> None:
    numbers = np.array([number**power for number in range(count)], dtype=np.int64)
    assert unpack(pack(numbers)).tolist() == numbers.tolist()


@given(NUMBERS, NUMBERS)
def test_numbers_are_found_among_many(many: set[int], some: set[int]) -> None:
    found = are_in(np.array(sorted(many), dtype=np.int64), np.array([*some], dtype=np.int64))
    assert found.tolist() == [one in many for one in some]


def test_a_dense_set_takes_less_than_two_characters_a_number() -> None:
    assert len(pack(np.arange(0, 30_000, 3, dtype=np.int64))) < 2 * 10_000


@pytest.mark.parametrize("text", ["!", "gA==", "gICAgICAgICAgAE=", "AQ"])
def test_another_text_is_refused(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - whatever base64 says
        unpack(text)
