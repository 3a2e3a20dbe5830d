"""What users say beyond the switches of channels is stored as text, and read back as it was."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from property_alert_notification.base.errors import UnreadableRow
from property_alert_notification.base.vocabulary import Channel, Frequency
from property_alert_notification.people.preferences.queries import read
from property_alert_notification.people.preferences.rules import (
    NO_RULES,
    Cap,
    DigestTimes,
    PersonalRules,
    Preferences,
    QuietHours,
)
from property_alert_notification.people.preferences.stored_rules import read_rules, write_rules

CHANNELS = st.sampled_from(list(Channel))
CLOCKS = st.times().map(lambda moment: moment.replace(second=0, microsecond=0))
COUNTS = st.none() | st.integers(0, 1_000)
DAYS = st.frozensets(st.integers(0, 6), min_size=1)
RULES = st.builds(
    PersonalRules,
    language=st.none() | st.just("es-MX"),
    time_zone=st.none() | st.just("Australia/Lord_Howe"),
    quiet_hours=st.lists(st.builds(QuietHours, DAYS, CLOCKS, CLOCKS), max_size=3).map(tuple),
    caps=st.dictionaries(CHANNELS, st.builds(Cap, COUNTS, COUNTS)),
    frequencies=st.dictionaries(
        st.sampled_from(["general", "listing_alert"]),
        st.dictionaries(CHANNELS, st.sampled_from(list(Frequency)), min_size=1),
    ),
    digest=st.none() | st.builds(DigestTimes, CLOCKS, st.integers(0, 6), st.integers(1, 31)),
)


@given(RULES)
def test_rules_are_read_as_they_were_written(rules: PersonalRules) -> None:
    assert read_rules(write_rules(rules) or "") == rules


@given(RULES, st.frozensets(CHANNELS))
def test_switches_and_rules_are_one_text(rules: PersonalRules, opted_in: frozenset[Channel]) -> None:
    assert read(" ".join(opted_in) + (write_rules(rules) or "")) == Preferences(opted_in, rules)


def test_empty_rules_have_no_stored_text() -> None:
    assert write_rules(NO_RULES) is None
    assert read("-") is None


@pytest.mark.parametrize("text", ["{", '{"digest":"noon"}', '{"caps":{"email":7}}', "[]", "7", '{"caps":[]}'])
def test_what_was_never_written_is_not_read(text: str) -> None:
    with pytest.raises(UnreadableRow):
        read_rules(text)


def test_rules_of_a_removed_channel_are_left_out() -> None:
    text = '{"caps":{"pigeon":[1,1]},"categories":{"viewing":{"pigeon":"daily"},"offer":{"email":"never"}}}'

    assert read_rules(text) == PersonalRules(frequencies={"offer": {Channel("email"): Frequency.NEVER}})
