"""Addresses, brought into the one form that is stored. Pure, and remembered: the same users come again and again."""

from functools import lru_cache

import phonenumbers
from email_validator import EmailNotValidError, validate_email

from property_alert_notification.errors import InvalidField

_REMEMBERED = 65_536

_LONGEST = len("+") + 15


@lru_cache(maxsize=_REMEMBERED)
def normalise_email(address: str, *, strict: bool) -> str:
    """The address with its domain in lower case (RFC 5321, 2.4).

    `strict` refuses what cannot be an address; otherwise it is kept as it is, so that a walkthrough may make
    addresses up.

    Raises:
        InvalidField: it cannot receive mail.
    """
    try:
        return validate_email(address, check_deliverability=False, test_environment=not strict).normalized
    except EmailNotValidError:
        if strict:
            # The library's own words repeat the address.
            raise InvalidField("user_email", "is not an email address. Example: ada@example.com") from None
        return address


@lru_cache(maxsize=_REMEMBERED)
def normalise_phone(number: str, *, strict: bool) -> str:
    """The number in E.164 form (ITU-T E.164): a plus sign and at most 15 digits.

    Raises:
        InvalidField: `strict`, and no such number can exist.
    """
    found = _e164(number)
    # A zero that is written after the country may be lost anew each time; then nobody knows which number is meant.
    if found is not None and (found == number or _e164(found) == found):
        return found
    if strict:
        raise InvalidField("user_phone_number", "is not a phone number in E.164 form. Example: +14155552671")
    return number


def _e164(number: str) -> str | None:
    try:
        parsed = phonenumbers.parse(number)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(parsed):
        return None
    found = phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)
    # Some national plans have longer ones, which only their own country can call.
    return found if len(found) <= _LONGEST else None
