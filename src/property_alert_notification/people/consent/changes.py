"""Compares preferences before and after a change: what the user opted in to, and out of. Pure."""

from collections.abc import Iterator

from property_alert_notification.base.vocabulary import Channel, Frequency
from property_alert_notification.people.categories.rules import Categories
from property_alert_notification.people.consent.rules import ConsentChange, ConsentDecision
from property_alert_notification.people.preferences.confirmation import is_opted_in, requested, unconfirmed_of
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
    return [
        *_switched(known, after),
        *_chosen(known, after, categories),
        *_asked(known, after),
        *_confirmed(known, after, categories),
    ]


def _switched(before: Preferences | None, after: Preferences) -> Iterator[ConsentChange]:
    for channel, is_on in after.switches.items():
        if before is None or (channel in before.opted_in) != is_on:
            yield ConsentChange(_decision(is_wanted=is_on), channel)


def _chosen(before: Preferences | None, after: Preferences, categories: Categories) -> Iterator[ConsentChange]:
    was = _by_place(before)
    now = _by_place(after)
    unconfirmed = unconfirmed_of(after)
    for place in sorted(was.keys() | now.keys()):
        category, channel = place
        default = categories.of(category).default.get(channel, Frequency.ASAP)
        was_wanted, is_wanted = (one.get(place, default) is not Frequency.NEVER for one in (was, now))
        is_decision = was_wanted != is_wanted or (place in now and place not in was)
        # An opt-in that is not confirmed is a request only.
        if is_decision and not (is_wanted and place in unconfirmed):
            yield ConsentChange(_decision(is_wanted=is_wanted), channel, category)


def _asked(before: Preferences | None, after: Preferences) -> Iterator[ConsentChange]:
    """The opt-ins that the user is asked to confirm, and the earlier requests that nobody confirmed."""
    earlier = unconfirmed_of(before)
    for place, until in sorted(requested(before, after).items()):
        category, channel = place
        if place in earlier:
            yield ConsentChange(ConsentDecision.EXPIRED, channel, category)
        yield ConsentChange(ConsentDecision.REQUESTED, channel, category, expires_at=until)


def _confirmed(before: Preferences | None, after: Preferences, categories: Categories) -> Iterator[ConsentChange]:
    for place in sorted(unconfirmed_of(before).keys() - unconfirmed_of(after).keys()):
        if is_opted_in(place, after, categories):
            category, channel = place
            yield ConsentChange(ConsentDecision.CONFIRMED, channel, category)


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
