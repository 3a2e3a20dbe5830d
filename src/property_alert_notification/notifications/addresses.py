"""Normalises the addresses of notifications. Pure."""

from collections.abc import Iterable

from pydantic import BaseModel

from property_alert_notification.base.errors import FieldsMissing
from property_alert_notification.base.vocabulary import Channel
from property_alert_notification.channels.address_rules import AddressRules
from property_alert_notification.channels.definition import definition_of
from property_alert_notification.channels.edge import ADDRESSES
from property_alert_notification.notifications.schemas import NotificationContent


def stored_addresses(body: BaseModel, rules: AddressRules) -> dict[Channel, str]:
    """Bring the addresses of a notification into their stored form.

    Raises:
        InvalidField: an address is invalid.
    """
    return {channel: rules.normalise(channel, address) for channel, address in ADDRESSES.given(body)}


def looked_up(body: NotificationContent, rules: AddressRules) -> list[Channel]:
    """The requested channels whose addresses the caller left out, so that they are looked up.

    Raises:
        FieldsMissing: no User service is set.
    """
    left_out = ADDRESSES.left_out(body)
    if not left_out:
        return []
    if not rules.looks_up:
        raise FieldsMissing(left_out.values(), _REQUIRED)
    return [
        channel
        for channel in left_out
        if definition_of(channel).profile_field is not None and (body.channels is None or channel in body.channels)
    ]


_REQUIRED = "is required: an address, or null if there is none. It may be left out only if USER_SERVICE_URL is set"


def for_tests(channels: Iterable[Channel]) -> dict[Channel, str]:
    """The made-up addresses of a test notification: a test key must not reveal the addresses of a real person."""
    return {channel: definition_of(channel).example_address for channel in channels}
