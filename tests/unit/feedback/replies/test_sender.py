"""Whose address a provider means."""

import pytest

from property_alert_notification.base.vocabulary import Channel
from property_alert_notification.channels.address_rules import AddressRules
from property_alert_notification.feedback.replies.sender import may_be_another, sender_of

SMS = Channel("sms")


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("+14155552671", "+14155552671"),
        (" +1 415-555-2671 ", "+14155552671"),
        ("14155552671", "+14155552671"),
        ("0014155552671", "+14155552671"),
        ("+5215512345678", "+525512345678"),
        ("5215512345678", "+525512345678"),
        ("+525512345678", "+525512345678"),
        ("447911123456", "+447911123456"),
        ("72975", None),
        ("", None),
        ("HOMES", None),
        ("+", None),
        ("9" * 400, None),
    ],
)
def test_a_number_is_found_with_and_without_its_plus_sign(written: str, expected: str | None) -> None:
    assert sender_of(SMS, written, AddressRules(real=True)) == expected


def test_a_made_up_number_of_a_walkthrough_is_its_own_address() -> None:
    assert sender_of(SMS, "1231233", AddressRules(real=False)) == "1231233"
    assert sender_of(SMS, "14155552671", AddressRules(real=False)) == "+14155552671"


@pytest.mark.parametrize(
    ("written", "expected"), [("4155552671", True), ("14155552671", False), ("+4155552671", False)]
)
def test_a_number_without_a_country_may_be_somebody_elses(written: str, *, expected: bool) -> None:
    assert may_be_another(written) is expected
