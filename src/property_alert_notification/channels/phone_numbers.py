"""Phone numbers: what can be one, and the one form that is stored. Pure.

The library that knows every country's plan reads a number out of nearly any text: it turns letters into digits, and
drops an extension, which is then another phone than the one that was meant. So the text is looked at first.

Source: ITU-T E.164; https://github.com/google/libphonenumber
"""

import re

import phonenumbers
from phonenumbers import PhoneNumberFormat, PhoneNumberType, ValidationResult

# Digits of any script, with one plus sign before them, and with what people put between them.
_WRITTEN = re.compile(r"[+\uff0b]?[\d\s()./\u2010-\u2015\u2212\uff0d-]+")
_FEWEST, _MOST = 3, 15
"""Digits of a number that is not checked by its country's plan; no plan has more than 15."""

_LONGEST = len("+") + _MOST


def is_written_as_number(text: str) -> bool:
    """Whether it is a number in any way of writing: no letters, no extension, neither too short nor too long."""
    return _WRITTEN.fullmatch(text) is not None and _FEWEST <= sum(map(str.isdecimal, text)) <= _MOST


def in_e164(text: str) -> str | None:
    """The number in E.164 form, a plus sign and at most 15 digits; None when no phone that gets messages can have it.

    Whether the number is in use is not looked at: plans grow, and only its own operator knows.
    """
    if not is_written_as_number(text):
        return None
    found = _parse(text)
    # A zero after the country code may be dropped by each system; then the number is ambiguous.
    if found is None or (found != text and _parse(found) != found):
        return None
    return found


def _parse(text: str) -> str | None:
    try:
        number = phonenumbers.parse(text)
    except phonenumbers.NumberParseException:
        return None
    # Not "possible within its area": it cannot be dialled from abroad.
    if phonenumbers.is_possible_number_with_reason(number) != ValidationResult.IS_POSSIBLE:
        return None
    # It is no person's, and a message to it costs like a call to it.
    if phonenumbers.number_type(number) == PhoneNumberType.PREMIUM_RATE:
        return None
    found = phonenumbers.format_number(number, PhoneNumberFormat.E164)
    # Some national plans have longer ones, which only their own country can call.
    return found if len(found) <= _LONGEST else None
