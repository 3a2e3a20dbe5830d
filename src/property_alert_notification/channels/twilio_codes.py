"""What Twilio's error codes are about. Pure.

A code decides where it is listed; otherwise the HTTP status decides, which is the part of Twilio's contract that does
not change.

Source: https://www.twilio.com/docs/api/errors
"""

from property_alert_notification.base.errors import Deferred, ProviderDown, Refused, SendError, Throttled
from property_alert_notification.channels.callback import SuppressionCause

_NUMBER = "check TWILIO_FROM_NUMBER or TWILIO_MESSAGING_SERVICE_SID: this account may not send from it"
_ACCOUNT = "Twilio has stopped or limited the account: see its console"
_LOGIN = "check TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN"
_REGISTRATION = "register the number or its campaign in the Twilio console"

_ABOUT_US = {
    20002: _LOGIN,
    20003: _LOGIN,
    20005: _ACCOUNT,
    20006: _ACCOUNT,
    20008: "these are test credentials: set those of the live account",
    20403: _ACCOUNT,
    20404: _LOGIN,
    21210: _NUMBER,
    21212: _NUMBER,
    21408: "allow messages to this region in the Twilio console (Messaging, Geo permissions)",
    21603: _NUMBER,
    21606: _NUMBER,
    21607: _NUMBER,
    21608: "a trial account sends to verified numbers only: upgrade it",
    21609: "check TWILIO_STATUS_CALLBACK_URL",
    **dict.fromkeys((21618, 21655, 21659, 21660, 21661, 21662, 21664, 21665), _NUMBER),
    **dict.fromkeys((21701, 21702, 21703, 21704, 21705, 21708, 21712, 21717), _NUMBER),
    30002: _ACCOUNT,
    30010: _ACCOUNT,
    **dict.fromkeys((30018, 30025, 30026, 30028, 30029, 30030, 30031, 30032, 30033, 30034, 30035), _REGISTRATION),
    30037: _ACCOUNT,
    30038: _ACCOUNT,
    30124: _ACCOUNT,
    90010: _ACCOUNT,
}
_TOO_MUCH = frozenset({14107, 20429, 21611, 30001, 30022, 30023, 30027, 30036, 63018, 63038})
_WAITS = frozenset({30003, 30008, 30017, 30019})
"""Handset or carrier cannot take it now."""
_MESSAGE = frozenset(
    {
        *(21211, 21214, 21217, 21219, 21265, 21266, 21421, 21610, 21612, 21614, 21635),
        *(21602, 21605, 21617, 21619, 21620, 21623),
        *(30004, 30005, 30006, 30007, 30011, 30040, 30044, 30450, 30453),
    }
)
"""This number, or this text."""

OPTED_OUT = 21610
"""The number has answered STOP to one of our numbers."""
CAUSES = {
    OPTED_OUT: SuppressionCause.STOP,
    **dict.fromkeys((21211, 21214, 21217, 21614, 30005, 30006), SuppressionCause.HARD_BOUNCE),
    30003: SuppressionCause.SOFT_BOUNCE,
}
"""What a code says about the number: it opted out, is none that takes SMS, or cannot be reached now."""


def read(code: int | None, reason: str) -> SendError | None:
    """The error that a code means; None when the code is not listed."""
    if code in _ABOUT_US:
        return ProviderDown(f"{reason}: {_ABOUT_US[code]}")
    if code in _TOO_MUCH:
        return Throttled(reason)
    if code in _WAITS:
        return Deferred(reason, cause=CAUSES.get(code))
    return Refused(reason, cause=CAUSES.get(code)) if code is not None and code in _MESSAGE else None
