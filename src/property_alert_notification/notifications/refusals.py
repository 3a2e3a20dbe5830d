"""Checks that refuse a valid notification or change for its channels or times. Pure.

These checks depend on the current time, so they run when a call is executed and not when its body is parsed: a repeated
call then gets its first answer.
"""

from collections.abc import Collection, Mapping
from datetime import datetime

from property_alert_notification.base.errors import InvalidField
from property_alert_notification.base.vocabulary import Channel
from property_alert_notification.channels.edge import ADDRESSES

EITHER = InvalidField("send_at_local", "replaces send_at: give one of them, and leave out the other")


def why_unreachable(addresses: Mapping[Channel, str], only: Collection[Channel] | None) -> InvalidField | None:
    """The reason why no requested channel can be used, or None: at least one of them needs an address."""
    if addresses and (only is None or not addresses.keys().isdisjoint(only)):
        return None
    requested = [channel for channel in Channel if only is None or channel in only]
    first, *others = [ADDRESSES.name(channel) for channel in requested]
    if others:
        return InvalidField(first, f"and {' and '.join(others)} are null: give at least one of them")
    return InvalidField(
        first,
        f"is null, and `channels` allows {requested[0]} only: give the address, or allow another channel",
    )


def why_never(send_at: datetime | None, expires_at: datetime | None, *, now: datetime) -> str | None:
    """The reason why a notification with these times would expire before it could be sent, or None."""
    if expires_at is None:
        return None
    if expires_at <= now:
        return "has passed, so it would never be sent: give a time in the future, or null"
    if send_at is not None and expires_at <= send_at:
        return "must be later than send_at, or it would never be sent"
    return None
