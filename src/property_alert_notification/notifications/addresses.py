"""Addresses, brought into the one form that is stored. Pure, and remembered: the same users come again and again.

What a provider would refuse is refused here, by the same functions: nothing is accepted that can only fail.
"""

from dataclasses import dataclass
from functools import lru_cache

from email_validator import EmailNotValidError, validate_email

from property_alert_notification.base.errors import InvalidField, Refused
from property_alert_notification.base.vocabulary import Channel
from property_alert_notification.channels.mime import parse_address
from property_alert_notification.channels.phone_numbers import in_e164, is_written_as_number
from property_alert_notification.notifications.schemas import NotificationCreate

_REMEMBERED = 65_536

_LONGEST_ADDRESS, _LONGEST_LOCAL_PART, _LONGEST_LABEL = 254, 64, 63
"""Octets: RFC 5321, 4.5.3.1, and RFC 1035, 2.3.4."""


@dataclass(frozen=True, slots=True)
class AddressRules:
    """Which addresses a service takes."""

    real: bool
    """Only those that somebody in the world can have; otherwise a walkthrough may make them up."""
    sendable: bool
    """Email addresses must be such as an SMTP server takes: a real one is to get them. Otherwise a page shows them."""

    def stored(self, body: NotificationCreate) -> dict[Channel, str]:
        """The addresses of a notification in the form that is stored.

        Raises:
            InvalidField: one cannot be used.
        """
        addresses: dict[Channel, str] = {}
        if body.user_email is not None:
            addresses[Channel.EMAIL] = normalise_email(body.user_email, real=self.real, sendable=self.sendable)
        if body.user_phone_number is not None:
            addresses[Channel.SMS] = normalise_phone(body.user_phone_number, real=self.real)
        return addresses


@lru_cache(maxsize=_REMEMBERED)
def normalise_email(address: str, *, real: bool, sendable: bool) -> str:
    """The address with its domain in lower case (RFC 5321, 2.4).

    Raises:
        InvalidField: it cannot receive mail here.
    """
    found = _real(address, anywhere=not real)
    if found is None and not real:
        found = address if _is_sendable(address) or (not sendable and _may_be_made_up(address)) else None
    if found is None:
        # The library's own words repeat the address.
        raise InvalidField("user_email", "is not an email address. Example: ada@example.com")
    return found


def _real(address: str, *, anywhere: bool) -> str | None:
    """In its normal form, if somebody can have it: `anywhere` in networks of one's own too."""
    try:
        found = validate_email(address, strict=True, check_deliverability=False, test_environment=anywhere).normalized
    except EmailNotValidError:
        return None
    return found if _is_sendable(found) else None


def _is_sendable(address: str) -> bool:
    try:
        parse_address(address)
    except Refused:
        return False
    return True


def _may_be_made_up(address: str) -> bool:
    """Something that is only shown may have any form, but for one that no address of any form has."""
    local_part, _, domain = address.rpartition("@")
    return (
        not address.isspace()
        and len(address.encode()) <= _LONGEST_ADDRESS
        and len(local_part.encode()) <= _LONGEST_LOCAL_PART
        and all(len(label.encode()) <= _LONGEST_LABEL for label in domain.split("."))
    )


@lru_cache(maxsize=_REMEMBERED)
def normalise_phone(number: str, *, real: bool) -> str:
    """The number in E.164 form (ITU-T E.164); without `real` any other number is kept as it is written.

    Raises:
        InvalidField: it is no number, or `real` and no phone can have it.
    """
    found = in_e164(number)
    if found is None and not real and is_written_as_number(number):
        return number
    if found is None:
        raise InvalidField(
            "user_phone_number",
            "is not a phone number in E.164 form, without letters or an extension. Example: +14155552671",
        )
    return found
