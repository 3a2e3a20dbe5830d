"""Addresses, brought into the one form that is stored. Pure."""

from collections.abc import Collection
from dataclasses import dataclass

from pydantic import BaseModel

from property_alert_notification.base.vocabulary import Channel
from property_alert_notification.channels.definition import definition_of
from property_alert_notification.channels.edge import ADDRESSES


@dataclass(frozen=True, slots=True)
class AddressRules:
    """Which addresses a service takes."""

    real: bool
    """Only addresses that can exist; otherwise a walkthrough may make them up."""
    shown: Collection[Channel] = ()
    """Channels whose messages only a page shows. An address of any other is one that its provider can be given."""

    def stored(self, body: BaseModel) -> dict[Channel, str]:
        """The addresses that a body gives, in the form that is stored.

        Raises:
            InvalidField: one cannot be used.
        """
        return {
            channel: definition_of(channel).normalise(address, real=self.real, sendable=channel not in self.shown)
            for channel, address in ADDRESSES.given(body)
        }
