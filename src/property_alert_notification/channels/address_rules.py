"""Which addresses a service takes, and the form in which it stores them."""

from collections.abc import Collection
from dataclasses import dataclass

from property_alert_notification.base.vocabulary import Channel
from property_alert_notification.channels.definition import definition_of


@dataclass(frozen=True, slots=True)
class AddressRules:
    """Which addresses a service takes."""

    real: bool
    """Only addresses that can exist; otherwise a walkthrough may make them up."""
    shown: Collection[Channel] = ()
    """Channels whose messages only a page shows. An address of any other is one that its provider can be given."""

    looks_up: bool = False
    """Addresses that are left out are looked up; otherwise none may be."""

    def normalise(self, channel: Channel, address: str) -> str:
        """The form of an address that is stored.

        Raises:
            InvalidField: no message can be sent to it.
        """
        return definition_of(channel).normalise(address, real=self.real, sendable=channel not in self.shown)
