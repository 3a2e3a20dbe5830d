"""What users say beyond the switches of channels is stored as text, and read back as it was."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from property_alert_notification.base.errors import UnreadableRow
from property_alert_notification.base.vocabulary import Channel, Frequency
from property_alert_notification.people.preferences.queries import read, read_or_hold
from property_alert_notification.people.preferences.rules import (
    NO_RULES,
    Cap,
    DigestTimes,
    PersonalRules,
    Preferences,
    QuietHours,
    is_unreadable,
)
from property_alert_notification.people.preferences.stored_rules import read_rules, write_rules

CHANNELS = st.sampled_from(list(Channel))
CLOCKS = st.times().map(lambda moment: moment.replace(second=0, microsecond=0))
SECONDS = st.integers(0, 2**33).map(lambda second: datetime.fromtimestamp(second, UTC))
COUNTS = st.none() | st.integers(0, 1_000)
DAYS = st.frozensets(st.integers(0, 6), min_size=1)
RULES = st.builds(
    PersonalRules,
    language=st.none() | st.just("es-MX"),
    time_zone=st.none() | st.just("Australia/Lord_Howe"),
    quiet_hours=st.lists(
        st.builds(QuietHours, DAYS, CLOCKS, CLOCKS).filter(lambda hours: hours.start != hours.end), max_size=3
    ).map(tuple),
    caps=st.dictionaries(CHANNELS, st.builds(Cap, COUNTS, COUNTS)),
    frequencies=st.dictionaries(
        st.sampled_from(["general", "listing_alert"]),
        st.dictionaries(CHANNELS, st.sampled_from(list(Frequency)), min_size=1),
    ),
    digest=st.none() | st.builds(DigestTimes, CLOCKS, st.integers(0, 6), st.integers(1, 31)),
    unconfirmed=st.dictionaries(
        st.sampled_from(["general", "listing_alert"]),
        st.dictionaries(
            CHANNELS, st.integers(0, 2**33).map(lambda second: datetime.fromtimestamp(second, UTC)), min_size=1
        ),
    ),
)


@given(RULES)
def test_rules_are_read_as_they_were_written(rules: PersonalRules) -> None:
    assert read_rules(write_rules(rules) or "{}") == rules


@given(RULES, st.frozensets(CHANNELS))
def test_switches_and_rules_are_one_text(rules: PersonalRules, opted_in: frozenset[Channel]) -> None:
    said = write_rules(rules)
    assert read(" ".join(opted_in) + (f"|{said}" if said else "")) == Preferences(opted_in, rules)


def test_empty_rules_have_no_stored_text() -> None:
    assert write_rules(NO_RULES) is None
    assert read("-") is None


DAMAGED = {
    "the user's rules": [
        "",
        " ",
        "{",
        "[]",
        "7",
        "null",
        "\x00",
        "[{}]",
        "{}{}",
        "sms",
        "\ufffd",
        "[" * 5_000,
        "x" * 501,
    ],
    "language": ['{"language":5}', '{"language":["en"]}'],
    "time_zone": ['{"time_zone":5}', '{"time_zone":null}', '{"time_zone":{}}'],
    "quiet_hours": [
        '{"quiet_hours":[[["mon"],"21:00","08:00"]]}',
        '{"quiet_hours":[[[7],"21:00","08:00"]]}',
        '{"quiet_hours":[[[true],"21:00","08:00"]]}',
        '{"quiet_hours":[[[],"21:00","08:00"]]}',
        '{"quiet_hours":[[[0],"21:00","21:00"]]}',
        '{"quiet_hours":[[[0],"21:00+01:00","08:00"]]}',
        '{"quiet_hours":[[[0],"late","08:00"]]}',
        '{"quiet_hours":[[[0],"21:00"]]}',
        '{"quiet_hours":[0]}',
        '{"quiet_hours":7}',
    ],
    "caps": [
        '{"caps":{"email":7}}',
        '{"caps":{"email":["many",null]}}',
        '{"caps":{"email":[5]}}',
        '{"caps":{"email":[-1,null]}}',
        '{"caps":{"email":[1.5,null]}}',
        '{"caps":[]}',
    ],
    "categories": ['{"categories":{"offer":{"email":"hourly"}}}', '{"categories":{"offer":[]}}', '{"categories":7}'],
    "digest": [
        '{"digest":"noon"}',
        '{"digest":["08:00","mon",1]}',
        '{"digest":["08:00",7,1]}',
        '{"digest":["08:00",0,0]}',
        '{"digest":["25:00",0,1]}',
        '{"digest":null}',
    ],
}


@pytest.mark.parametrize("part", DAMAGED)
def test_what_was_never_written_is_not_read_and_its_part_is_named(part: str) -> None:
    for text in DAMAGED[part]:
        with pytest.raises(UnreadableRow, match=f"^{part}"):
            read_rules(text)


def test_a_damaged_value_is_found_although_an_equal_one_was_read_before() -> None:
    good = '{"quiet_hours":[[[0,1],"21:00","08:00"]],"caps":{"sms":[1,0]}}'
    assert read_rules(good).caps == {Channel("sms"): Cap(1, 0)}

    for damaged in ("[0,true]", "[0.0,1]", "[false,1.0]"):
        with pytest.raises(UnreadableRow, match=r"^quiet_hours"):
            read_rules(good.replace("[0,1]", damaged))
        with pytest.raises(UnreadableRow, match=r"^caps"):
            read_rules(good.replace("[1,0]", damaged))


def test_rules_that_cannot_be_read_leave_the_switches_alone_and_never_switch_a_channel_on() -> None:
    for rules in ("", "sms", "{", "\ufffd", " sms"):
        for text in (f"email |{rules}", f"email |{rules}".encode(), b"email |\xff" + rules.encode()):
            held = read_or_hold(1, text)
            assert held is not None
            assert (held.opted_in, is_unreadable(held)) == ({Channel("email")}, True)
    assert read_or_hold(1, "-|{") is None
    assert not is_unreadable(read_or_hold(1, 'email |{"language":"en"}'))


def test_rules_of_a_removed_channel_are_left_out() -> None:
    text = '{"caps":{"pigeon":[1,1]},"categories":{"viewing":{"pigeon":"daily"},"offer":{"email":"never"}}}'

    assert read_rules(text) == PersonalRules(frequencies={"offer": {Channel("email"): Frequency.NEVER}})
