"""Addresses in the one form that is stored, and those that are refused when they are submitted."""

import pytest

from property_alert_notification.base.errors import InvalidField, Refused
from property_alert_notification.base.vocabulary import Channel
from property_alert_notification.channels.address_rules import AddressRules
from property_alert_notification.channels.email_channel import normalise_email
from property_alert_notification.channels.mime import parse_address
from property_alert_notification.channels.sms_channel import normalise_phone
from property_alert_notification.notifications.addresses import stored_addresses
from property_alert_notification.notifications.schemas import NotificationCreate

NO_ADDRESS = [
    "nobody",
    "a b@example.com",
    "@example.com",
    "ada@",
    "ada@@example.com",
    ".ada@example.com",
    "a..b@example.com",
    "ada@-example.com",
    "ada@exa_mple.com",
    "ada@example..com",
    "x" * 65 + "@example.com",
    "ж" * 33 + "@example.com",
    "ada@" + "x" * 64 + ".com",
    "ada@" + ".".join(["x" * 60] * 5) + ".com",
    '"quoted words"@example.com',
    "ada@[127.0.0.1]",
    "Ada <ada@example.com>",
    "ada@example.com, eve@example.com",
    "=?utf-8?q?ada?=@example.com",
    "ada@ex\u00adample.com",
    " ada@example.com",
    "ada@example.com ",
]
"""What no server takes."""
OF_ONES_OWN_NETWORK = ["a@b", "a@localhost", "a@host.test", "a@printer.local"]
NO_NUMBER = [
    "phone",
    "nobody",
    "+1 415 CALL NOW",
    "1-800-FLOWERS",
    "+14155552671 ext 9",
    "+14155552671 ext. 9",
    "+14155552671x9",
    "+14155552671;ext=9",
    "+14155552671#9",
    "+14155552671,,9",
    "tel:+14155552671",
    "+14155552671 +14155552672",
    "++14155552671",
    "+1",
    "12",
    "+1234567890123456",
    "+",
    "()",
    " ",
]
"""What is no number in any country."""
NO_PHONE = [
    "1231233",
    "4155552671",
    "+999123456789",
    "+1 5552671",
    "12345",
    "+1 911",
    "+19005552671",
    "+449098790000",
]
"""What is written as a number, and is none that a message can be sent to: without its country, or premium rate."""


@pytest.fixture(autouse=True)
def nothing_remembered() -> None:
    """An address is judged anew in each test, and not as it was judged before."""
    normalise_email.cache_clear()
    normalise_phone.cache_clear()


@pytest.mark.parametrize(
    ("given", "stored"),
    [
        ("ada@example.com", "ada@example.com"),
        ("Ada@EXAMPLE.com", "Ada@example.com"),
        ("ada@bücher.de", "ada@bücher.de"),
        ("дора@example.com", "дора@example.com"),
        ("x" * 64 + "@example.com", "x" * 64 + "@example.com"),
    ],
)
@pytest.mark.parametrize(("real", "sendable"), [(True, True), (False, True), (False, False)])
def test_an_email_address_is_normalised(given: str, stored: str, real: bool, sendable: bool) -> None:
    assert normalise_email(given, real=real, sendable=sendable) == stored


@pytest.mark.parametrize("address", NO_ADDRESS + OF_ONES_OWN_NETWORK)
def test_an_impossible_email_address_is_refused_without_repeating_it(address: str) -> None:
    with pytest.raises(InvalidField) as refusal:
        normalise_email(address, real=True, sendable=True)

    assert refusal.value.field == "user_email"
    assert address not in refusal.value.detail.removeprefix("user_email").removesuffix("ada@example.com")


@pytest.mark.parametrize("address", NO_ADDRESS)
def test_a_local_service_that_really_sends_refuses_what_its_server_would_never_get(address: str) -> None:
    with pytest.raises(InvalidField):
        normalise_email(address, real=False, sendable=True)


@pytest.mark.parametrize("address", NO_ADDRESS + OF_ONES_OWN_NETWORK + ["ada@example.com", "дора@bücher.de"])
def test_an_accepted_address_is_never_refused_by_its_provider(address: str) -> None:
    for real in (True, False):
        try:
            stored = normalise_email(address, real=real, sendable=True)
        except InvalidField:
            continue
        parse_address(stored)
    with pytest.raises(Refused):
        parse_address("x" * 65 + "@example.com")


@pytest.mark.parametrize("address", OF_ONES_OWN_NETWORK)
def test_a_local_service_writes_to_its_own_network(address: str) -> None:
    assert normalise_email(address, real=False, sendable=True) == address


@pytest.mark.parametrize("made_up", ["nobody", "user@test", "somebody at home"])
def test_a_local_service_that_only_shows_messages_keeps_made_up_addresses(made_up: str) -> None:
    assert normalise_email(made_up, real=False, sendable=False) == made_up


@pytest.mark.parametrize("address", [" ", "x" * 65 + "@example.com", "ada@" + "x" * 64 + ".com", "x" * 255])
def test_a_form_that_no_address_has_is_refused_even_where_it_would_only_be_shown(address: str) -> None:
    with pytest.raises(InvalidField):
        normalise_email(address, real=False, sendable=False)


@pytest.mark.parametrize(
    ("given", "stored"),
    [
        ("+14155552671", "+14155552671"),
        ("+1 (415) 555-2671", "+14155552671"),
        ("+1.415.555.2671", "+14155552671"),
        ("+44 20 7946 0958", "+442079460958"),
        ("+44 (0)20 7946 0958", "+442079460958"),
        ("+49 30/123456", "+4930123456"),
        ("\uff0b\uff11\uff14\uff11\uff15\uff15\uff15\uff15\uff12\uff16\uff17\uff11", "+14155552671"),
        ("+18005550199", "+18005550199"),
    ],
)
@pytest.mark.parametrize("real", [True, False])
def test_a_phone_number_becomes_e164(given: str, stored: str, real: bool) -> None:
    assert normalise_phone(given, real=real) == stored


@pytest.mark.parametrize("number", NO_NUMBER + NO_PHONE)
def test_an_impossible_phone_number_is_refused(number: str) -> None:
    with pytest.raises(InvalidField) as refusal:
        normalise_phone(number, real=True)

    assert refusal.value.field == "user_phone_number"


@pytest.mark.parametrize("number", NO_NUMBER)
def test_an_invalid_number_is_refused_by_a_local_service_too(number: str) -> None:
    with pytest.raises(InvalidField):
        normalise_phone(number, real=False)


@pytest.mark.parametrize("number", NO_PHONE)
def test_a_local_service_keeps_made_up_numbers(number: str) -> None:
    assert normalise_phone(number, real=False) == number


def made_up_domain(octets: int) -> str:
    """A domain of so many octets that no server takes: one of its labels holds a blank."""
    return ".".join(["d" * 63, "d" * 63, "d" * (octets - 130) + " d"])


@pytest.mark.parametrize(
    "address",
    [
        "x" * 64 + "@at home",
        "x" * 64 + "@" + made_up_domain(189),
        "ж" * 32 + "@at home",
        "ada@" + "y" * 61 + " y",
        "ada@" + "y_" * 20 + "." + "y_" * 20,
        "name@of@ada",
    ],
)
def test_a_made_up_address_may_be_as_long_as_any_can_be(address: str) -> None:
    assert normalise_email(address, real=False, sendable=False) == address


@pytest.mark.parametrize(
    "address",
    [
        "x" * 65 + "@at home",
        "x" * 64 + "@" + made_up_domain(190),
        "ж" * 33 + "@at home",
        "ada@" + "y" * 62 + " y",
        "x" * 40 + "@" + "y" * 40 + "@b_",
        "x." * 35 + "x@b_",
    ],
)
def test_a_made_up_address_is_no_longer_than_any_can_be(address: str) -> None:
    with pytest.raises(InvalidField):
        normalise_email(address, real=False, sendable=False)


def test_a_name_of_ones_own_network_is_normalised_too() -> None:
    assert normalise_email("Ada@Host.TEST", real=False, sendable=True) == "Ada@host.test"


@pytest.mark.parametrize("email", [None, "Ada@EXAMPLE.com"])
@pytest.mark.parametrize("number", [None, "+1 415 555 2671"])
def test_a_notification_is_stored_with_the_normal_forms_of_the_addresses_that_it_has(
    email: str | None, number: str | None
) -> None:
    body = NotificationCreate(title="t", message="m", user_id=1, user_email=email, user_phone_number=number)

    stored = stored_addresses(body, AddressRules(real=True))

    expected = {Channel("email"): "Ada@example.com", Channel("sms"): "+14155552671"}
    has = {Channel("email"): email, Channel("sms"): number}
    assert stored == {channel: form for channel, form in expected.items() if has[channel] is not None}


@pytest.mark.parametrize(
    ("fields", "rules"),
    [
        ({"user_email": "a@localhost"}, AddressRules(real=True, shown=list(Channel))),
        ({"user_email": "no address"}, AddressRules(real=False)),
        ({"user_phone_number": "1231233"}, AddressRules(real=True, shown=list(Channel))),
    ],
)
def test_the_rules_reach_both_addresses(fields: dict[str, str], rules: AddressRules) -> None:
    body = NotificationCreate(**{"title": "t", "message": "m", "user_id": 1, "user_email": None,
                                 "user_phone_number": None} | fields)  # fmt: skip

    with pytest.raises(InvalidField):
        stored_addresses(body, rules)
    assert stored_addresses(body, AddressRules(real=False, shown=list(Channel)))
