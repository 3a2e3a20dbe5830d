"""Compares preferences before and after a change: what the user opted in to, and out of. Pure."""

from collections.abc import Iterator

from property_alert_notification.base.vocabulary import Channel, Frequency
from property_alert_notification.people.categories.rules import Categories
from property_alert_notification.people.consent.rules import ConsentChange, ConsentDecision
from property_alert_notification.people.preferences.rules import Preferences, is_unreadable


def changes_between(
    before: Preferences | None, after: Preferences | None, categories: Categories
) -> list[ConsentChange]:
    """The decisions by which preferences changed; none if they mean the same.

    Without preferences before, or with damaged ones, every choice is a decision. Without preferences after, all consent
    was withdrawn. A frequency is a decision when it is chosen for the first time, and when it begins or ceases to be
    `never`.
    """
    if after is None:
        return [ConsentChange(ConsentDecision.OPTED_OUT)]
    known = None if is_unreadable(before) else before
    return [*_switched(known, after), *_chosen(known, after, categories)]


def _switched(before: Preferences | None, after: Preferences) -> Iterator[ConsentChange]:
    for channel, is_on in after.switches.items():
        if before is None or (channel in before.opted_in) != is_on:
            yield ConsentChange(_decision(is_wanted=is_on), channel)


def _chosen(before: Preferences | None, after: Preferences, categories: Categories) -> Iterator[ConsentChange]:
    was = _by_place(before)
    now = _by_place(after)
    for place in sorted(was.keys() | now.keys()):
        category, channel = place
        default = categories.of(category).default.get(channel, Frequency.ASAP)
        was_wanted, is_wanted = (one.get(place, default) is not Frequency.NEVER for one in (was, now))
        if was_wanted != is_wanted or (place in now and place not in was):
            yield ConsentChange(_decision(is_wanted=is_wanted), channel, category)


def _by_place(preferences: Preferences | None) -> dict[tuple[str, Channel], Frequency]:
    if preferences is None:
        return {}
    return {
        (category, channel): frequency
        for category, by_channel in preferences.rules.frequencies.items()
        for channel, frequency in by_channel.items()
    }


def _decision(*, is_wanted: bool) -> ConsentDecision:
    return ConsentDecision.OPTED_IN if is_wanted else ConsentDecision.OPTED_OUT
