"""Decides which deliveries a pause holds, and writes the reasons that name it. Pure."""

from collections.abc import Collection
from datetime import timedelta

from property_alert_notification.base.reasons import Reason, ReasonCode
from property_alert_notification.base.vocabulary import CATEGORY, Channel

EVERYTHING = "everything"
"""The name of the pause of all channels and categories."""

NAME = f"^{CATEGORY}$"
"""What a pause may be called: like a category."""

_CHANNELS = frozenset[str](Channel)

RECHECK_AFTER = timedelta(hours=1)
"""How long a paused delivery is held before a worker checks it again: long enough for a million to cost nothing."""


def reason_of(name: str) -> Reason:
    """The reason of a delivery that this pause holds."""
    return Reason(ReasonCode.PAUSED, {"pause": name})


def resumed_reason_of(name: str) -> Reason:
    """The reason of a delivery that this pause held until it ended."""
    return Reason(ReasonCode.RESUMED, {"pause": name})


def held_by_pause(name: str) -> str:
    """The value of `held_by` of a delivery that this pause holds."""
    return f"pause:{name}"


def pause_of(names: Collection[str], *, channel: str, category: str) -> str | None:
    """Which of the pauses with these names stops a delivery, if any does.

    A channel's name means the channel: a category that is called like one cannot be paused by itself.
    """
    wanted = (EVERYTHING, channel, *(() if category in _CHANNELS else (category,)))
    return next((name for name in wanted if name in names), None)


def pauses_on(names: Collection[str], channel: Channel) -> list[tuple[str, str | None]]:
    """Which of these pauses may stop a delivery on a channel, each with the category that it is narrowed to."""
    for name in (EVERYTHING, channel):
        if name in names:
            return [(name, None)]
    return [(name, name) for name in sorted(names) if name not in _CHANNELS]
