"""API keys have a form by which a wrong one is recognised without a query."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from property_alert_notification.api.access.keys import RANDOM_BITS, SHOWN, compose, digest, is_well_formed

KEY = compose(2**RANDOM_BITS // 7, test=False)


@given(st.integers(0, 2**RANDOM_BITS - 1), st.booleans())
def test_every_key_has_the_form_and_its_kind(bits: int, test: bool) -> None:
    key = compose(bits, test=test)

    assert re.fullmatch(r"pa_(live|test)_[0-9A-Za-z]{35}_[0-9A-Za-z]{6}", key)
    assert key.startswith("pa_test_") is test
    assert is_well_formed(key)


@given(st.integers(0, 2**RANDOM_BITS - 1), st.integers(0, 2**RANDOM_BITS - 1))
def test_other_bits_make_another_key(one: int, other: int) -> None:
    assert (compose(one, test=False) == compose(other, test=False)) is (one == other)


def test_at_least_160_bits_of_a_key_are_never_shown() -> None:
    shown_bits = (SHOWN - len("pa_live_")) * 5.9542  # log2(62) for each character

    assert RANDOM_BITS - shown_bits >= 160


@given(st.integers(8, 42), st.sampled_from("0123456789ABCXYZabcxyz"))
def test_one_mistyped_character_is_noticed(place: int, typed: str) -> None:
    mistyped = KEY[:place] + typed + KEY[place + 1 :]

    assert is_well_formed(mistyped) is (mistyped == KEY)


@pytest.mark.parametrize("key", ["", "pa_live_", KEY[:-1], KEY + "0", f" {KEY}", KEY.replace("live", "test"), "é" * 50])
def test_what_is_no_key_is_recognised(key: str) -> None:
    assert not is_well_formed(key)


def test_only_the_sha256_of_a_key_is_stored() -> None:
    assert digest("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
