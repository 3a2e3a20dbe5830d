"""The channel `sms`."""

from functools import lru_cache

from property_alert_notification.base.errors import InvalidField
from property_alert_notification.channels.definition import Appearance, ChannelDefinition
from property_alert_notification.channels.phone_numbers import in_e164, is_written_as_number
from property_alert_notification.messages.render import render_sms, sms_text
from property_alert_notification.messages.sms_segments import measure

_FIELD = "user_phone_number"
_REMEMBERED = 65_536
"""Numbers: the same users come again and again."""


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
            _FIELD, "is not a phone number in E.164 form, without letters or an extension. Example: +14155552671"
        )
    return found


def _normalise(address: str, *, real: bool, sendable: bool) -> str:
    """A number must be one also where a page shows its messages."""
    return normalise_phone(address, real=real)


DEFINITION = ChannelDefinition(
    noun="SMS",
    address_field=_FIELD,
    preference_field="sms_enabled",
    profile_field="phone_number",
    normalise=_normalise,
    can_receive=lambda number: in_e164(number) is not None,
    render=lambda content, settings: render_sms(content, max_segments=settings.sms_max_segments),
    example_address="+14155552671",
    example_provider="twilio",
    appearance=Appearance.PHONE,
    measure=measure,
    whole_text=sms_text,
)
