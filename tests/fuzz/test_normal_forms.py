"""Whatever is taken for an address or a number has one normal form, which it keeps. No service is needed for this."""

from hypothesis import given
from hypothesis import strategies as st

from property_alert_notification.base.errors import InvalidField
from property_alert_notification.channels.email_channel import normalise_email
from property_alert_notification.channels.sms_channel import normalise_phone
from tests.fuzz.budget import budget
from tests.fuzz.hostile import addresses, texts

# Longer texts are refused by their length; to look at a million characters takes a second.
_SHORT = 400

numbers = st.one_of(texts, st.from_regex(r"\A[+\uff0b]?[0-9 ().x#;\u0660-\u0669\uff10-\uff19-]{1,25}\Z"))


@budget(share=10)
@given(address=addresses.map(lambda text: text[-_SHORT:]))
def test_an_address_has_one_normal_form(address: str) -> None:
    try:
        normal = normalise_email(address, real=True, sendable=True)
    except InvalidField:
        return
    assert normalise_email(normal, real=True, sendable=True) == normal
    assert normal.count("@") == 1
    assert not set(normal) & set('\r\n\t\0 ,;<>()[]"\u200b\u202e\ufeff')


@budget(share=10)
@given(number=numbers.map(lambda text: text[:_SHORT]))
def test_a_phone_number_has_one_normal_form(number: str) -> None:
    try:
        normal = normalise_phone(number, real=True)
    except InvalidField:
        return
    assert normalise_phone(normal, real=True) == normal
    assert normal.isascii()
    assert normal[0] == "+"
    assert normal[1:].isdigit()
    assert len(normal) <= 16
