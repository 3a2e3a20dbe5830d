"""The channel `email`.

What a provider would refuse is refused here, by the same functions: nothing is accepted that can only fail.
"""

from functools import lru_cache

from email_validator import EmailNotValidError, validate_email

from property_alert_notification.base.errors import InvalidField, Refused
from property_alert_notification.channels.definition import Appearance, ChannelDefinition
from property_alert_notification.channels.mime import parse_address
from property_alert_notification.messages.render import render_email

_FIELD = "user_email"
_REMEMBERED = 65_536
"""Addresses: the same users come again and again."""

_LONGEST_ADDRESS, _LONGEST_LOCAL_PART, _LONGEST_LABEL = 254, 64, 63
"""Octets: RFC 5321, 4.5.3.1, and RFC 1035, 2.3.4."""


@lru_cache(maxsize=_REMEMBERED)
def normalise_email(address: str, *, real: bool, sendable: bool) -> str:
    """The address with its domain in lower case (RFC 5321, 2.4).

    Raises:
        InvalidField: it cannot receive mail here.
    """
    found = _real(address, anywhere=not real)
    if found is None and not real:
        found = address if is_sendable(address) or (not sendable and _may_be_made_up(address)) else None
    if found is None:
        # The library's own words repeat the address.
        raise InvalidField(_FIELD, "is not an email address. Example: ada@example.com")
    return found


def is_sendable(address: str) -> bool:
    """Whether an SMTP server can be given the address."""
    try:
        parse_address(address)
    except Refused:
        return False
    return True


def _real(address: str, *, anywhere: bool) -> str | None:
    """In its normal form, if such an address can exist; `anywhere`: in private networks too."""
    try:
        found = validate_email(address, strict=True, check_deliverability=False, test_environment=anywhere).normalized
    except EmailNotValidError:
        return None
    return found if is_sendable(found) else None


def _may_be_made_up(address: str) -> bool:
    """Something that is only shown may have any form, but for one that no address of any form has."""
    local_part, _, domain = address.rpartition("@")
    return (
        not address.isspace()
        and len(address.encode()) <= _LONGEST_ADDRESS
        and len(local_part.encode()) <= _LONGEST_LOCAL_PART
        and all(len(label.encode()) <= _LONGEST_LABEL for label in domain.split("."))
    )


DEFINITION = ChannelDefinition(
    noun="email",
    nouns={"es": "correo electrónico"},
    address_field=_FIELD,
    preference_field="email_enabled",
    profile_field="email",
    normalise=normalise_email,
    can_receive=is_sendable,
    render=lambda content, _settings: render_email(content),
    example_address="staging@example.com",
    example_provider="smtp",
    appearance=Appearance.LETTER,
    has_footer=True,
)
