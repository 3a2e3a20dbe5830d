"""Addresses in the one form that is stored."""

import pytest

from property_alert_notification.errors import InvalidField
from property_alert_notification.notifications.addresses import normalise_email, normalise_phone


@pytest.mark.parametrize(
    ("given", "stored"),
    [
        ("ada@example.com", "ada@example.com"),
        ("Ada@EXAMPLE.com", "Ada@example.com"),
        ("ada@bücher.de", "ada@bücher.de"),
    ],
)
@pytest.mark.parametrize("strict", [True, False])
def test_an_email_address_is_normalised(given: str, stored: str, strict: bool) -> None:
    assert normalise_email(given, strict=strict) == stored


@pytest.mark.parametrize("address", ["nobody", "a@b", "a b@example.com", "a@localhost", "a@host.test", "@example.com"])
def test_an_impossible_email_address_is_refused_without_repeating_it(address: str) -> None:
    with pytest.raises(InvalidField) as refusal:
        normalise_email(address, strict=True)

    assert refusal.value.field == "user_email"
    assert address not in refusal.value.detail.removeprefix("user_email").removesuffix("ada@example.com")


@pytest.mark.parametrize(
    ("given", "stored"),
    [("+14155552671", "+14155552671"), ("+1 (415) 555-2671", "+14155552671"), ("+44 20 7946 0958", "+442079460958")],
)
def test_a_phone_number_becomes_e164(given: str, stored: str) -> None:
    assert normalise_phone(given, strict=True) == stored


@pytest.mark.parametrize("number", ["1231233", "4155552671", "+1", "phone", "+999123456789"])
def test_an_impossible_phone_number_is_refused(number: str) -> None:
    with pytest.raises(InvalidField):
        normalise_phone(number, strict=True)


@pytest.mark.parametrize("made_up", ["nobody", "user@test"])
def test_a_local_service_keeps_made_up_addresses(made_up: str) -> None:
    assert normalise_email(made_up, strict=False) == made_up
    assert normalise_phone(made_up, strict=False) == made_up
