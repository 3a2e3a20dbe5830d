"""What a pause concerns."""

import pytest

from property_alert_notification.base.vocabulary import Channel
from property_alert_notification.operators.pauses.rules import (
    EVERYTHING,
    pause_of,
    pauses_on,
    reason_of,
    resumed_reason_of,
)


@pytest.mark.parametrize(
    ("names", "channel", "category", "expected"),
    [
        (set(), Channel("email"), "viewing", None),
        ({"email"}, Channel("email"), "viewing", "email"),
        ({"email"}, Channel("sms"), "viewing", None),
        ({"viewing"}, Channel("sms"), "viewing", "viewing"),
        ({"viewing"}, Channel("sms"), "offer", None),
        ({"email", "viewing"}, Channel("email"), "viewing", "email"),
        ({EVERYTHING, "email"}, Channel("email"), "viewing", EVERYTHING),
        ({"email"}, Channel("sms"), "email", None),
    ],
)
def test_a_pause_stops_its_own_and_the_widest_is_named(
    names: set[str], channel: Channel, category: str, expected: str | None
) -> None:
    assert pause_of(names, channel=channel, category=category) == expected


def test_a_channel_needs_only_its_widest_pause_and_categories_are_checked_one_by_one() -> None:
    assert pauses_on({EVERYTHING, "email", "viewing"}, Channel("email")) == [(EVERYTHING, None)]
    assert pauses_on({"email", "viewing"}, Channel("email")) == [("email", None)]
    assert pauses_on({"email", "viewing", "offer"}, Channel("sms")) == [("offer", "offer"), ("viewing", "viewing")]
    assert pauses_on({"email"}, Channel("sms")) == []


def test_the_reason_names_the_pause() -> None:
    assert reason_of("email").sentence() == "sending of email is paused"
    assert resumed_reason_of("email").sentence() == "sending of email was resumed"
