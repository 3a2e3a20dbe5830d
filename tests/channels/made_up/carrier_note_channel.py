"""The channel `carrier_note`, which exists in one test only: notes that are carried to a roof.

This file is all there is of it. The service finds it as it finds its own channels.
"""

import re
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator

from property_alert_notification.base.errors import InvalidField
from property_alert_notification.base.settings import Settings, SettingsGroup
from property_alert_notification.base.settings.setting_values import in_order
from property_alert_notification.channels.definition import Appearance, ChannelDefinition
from property_alert_notification.messages.content import MessageContent
from property_alert_notification.messages.render import Rendered

_ROOF = re.compile(r"roof-[0-9]{1,4}")


class CarrierNoteSettings(SettingsGroup):
    """Notes that are carried to a roof."""

    carrier_note_provider: Annotated[str, AfterValidator(in_order)] = "mailbox"
    """Who carries notes."""

    redirect_carrier_note_to: str | None = None
    """Every note goes to this roof and to no other."""


def _normalise(address: str, *, real: bool, sendable: bool) -> str:
    roof = address.strip().lower()
    if _ROOF.fullmatch(roof) is None:
        raise InvalidField("addresses.carrier_note", "is no roof. Example: roof-7")
    return roof


def _render(content: MessageContent, _settings: Settings) -> Rendered:
    if content.title == "heavy" and Path("too-heavy").exists():
        raise ArithmeticError
    return Rendered(content.title, f"{content.title}: {content.message}")


DEFINITION = ChannelDefinition(
    noun="carrier note",
    normalise=_normalise,
    can_receive=lambda address: _ROOF.fullmatch(address) is not None,
    render=_render,
    example_address="roof-7",
    example_provider="mailbox",
    appearance=Appearance.PHONE,
    settings=CarrierNoteSettings,
)
