"""Addresses, brought into the one form that is stored. Pure."""

from collections.abc import Collection
from dataclasses import dataclass

from property_alert_notification.base.vocabulary import Channel
from property_alert_notification.channels.definition import definition_of
from property_alert_notification.channels.edge import ADDRESSES
from property_alert_notification.notifications.schemas import NotificationContent


@dataclass(frozen=True, slots=True)
class AddressRules:
    """Which addresses a service takes."""

    real: bool
    """Only addresses that can exist; otherwise a walkthrough may make them up."""
    shown: Collection[Channel] = ()
    """Channels whose messages only a page shows. An address of any other is one that its provider can be given."""

    def stored(self, body: NotificationContent) -> dict[Channel, str]:
        """The addresses of a notification in the form that is stored.

        Raises:
            InvalidField: one cannot be used.
        """
        return {
            channel: definition_of(channel).normalise(address, real=self.real, sendable=channel not in self.shown)
            for channel, address in ADDRESSES.given(body)
        }
