"""Why a notification that is well formed cannot be accepted, or changed so. Pure.

What depends on the hour is asked when a call is carried out, and not while its body is read: a repeated call gets its
first answer, whatever the time is by then.
"""

from collections.abc import Collection, Mapping
from datetime import datetime

from property_alert_notification.base.errors import InvalidField
from property_alert_notification.base.vocabulary import Channel
from property_alert_notification.channels.edge import ADDRESSES

EITHER = InvalidField("send_at_local", "stands in place of send_at: give one of them, and leave out the other")


def why_unreachable(addresses: Mapping[Channel, str], only: Collection[Channel] | None) -> InvalidField | None:
    """Why no channel that was asked for can be used, or None: at least one of them needs an address."""
    if addresses and (only is None or not addresses.keys().isdisjoint(only)):
        return None
    asked_for = [channel for channel in Channel if only is None or channel in only]
    first, *others = [ADDRESSES.name(channel) for channel in asked_for]
    if others:
        return InvalidField(first, f"and {' and '.join(others)} are null: give at least one of them")
    return InvalidField(first, f"is null, and `channels` asks for {asked_for[0]} only: give it, or ask for another")


def why_never(send_at: datetime | None, expires_at: datetime | None, *, now: datetime) -> str | None:
    """Why a notification with these times would expire before it could be sent, or None."""
    if expires_at is None:
        return None
    if expires_at <= now:
        return "has passed, so it would never be sent: give a time in the future, or null"
    if send_at is not None and expires_at <= send_at:
        return "must be later than send_at, or it would never be sent"
    return None
