"""Finds the address that deliveries have in what a provider writes of a sender. Pure."""

from collections.abc import Iterator

from property_alert_notification.base.errors import InvalidField
from property_alert_notification.base.vocabulary import Channel
from property_alert_notification.channels.address_rules import AddressRules

LONGEST = 320
_MOST_NATIONAL = 10
"""Digits of a number that may lack its country code."""
_MEXICO, _MEXICO_MOBILE = "+52", "+521"
_MEXICAN_DIGITS = 10


def sender_of(channel: Channel, written: str, rules: AddressRules) -> str | None:
    """The address of a sender; None if deliveries can have no such address, as that of a short code.

    Many gateways leave out the plus sign, and some write mobile numbers of Mexico with the 1 that has been dropped.
    """
    written = written.strip()[:LONGEST]
    for form in (*_numbers(written), written):
        try:
            return AddressRules(real=True).normalise(channel, form)
        except InvalidField:
            continue
    try:
        return rules.normalise(channel, written)
    except InvalidField:
        return None


def may_be_another(written: str) -> bool:
    """Whether a number is so short that it may lack its country code, and belong to somebody else."""
    written = written.strip()
    return written.isdecimal() and len(written) <= _MOST_NATIONAL


def _numbers(written: str) -> Iterator[str]:
    number = f"+{written.removeprefix('00')}" if written.isdecimal() else written
    if number.startswith(_MEXICO_MOBILE) and len(number) == len(_MEXICO_MOBILE) + _MEXICAN_DIGITS:
        yield f"{_MEXICO}{number.removeprefix(_MEXICO_MOBILE)}"
    if number != written:
        yield number
