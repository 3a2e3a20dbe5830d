"""What the searches of an alert still ask for, as they are now: its facts, and the channel. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from property_alert_notification.base.reasons import Reason, ReasonCode
from property_alert_notification.base.vocabulary import Channel
from property_alert_notification.homes.alerts.before_sending.freshness import (
    NO_LONGER_MATCHES,
    SEARCH_PAUSED,
    RunningSearch,
)
from property_alert_notification.homes.alerts.details import AlertDetails, ToldFact, ToldSearch
from property_alert_notification.homes.alerts.news import IN_RANGE
from property_alert_notification.homes.alerts.searches import kinds_of, kinds_that_ask_for

NO_LONGER_ASKED_FOR = Reason(ReasonCode.NO_LONGER_ASKED_FOR)


def as_asked_for(
    details: AlertDetails, before: AlertDetails, running: Mapping[int, RunningSearch], channel: Channel
) -> AlertDetails | Reason:
    """The alert with the facts that its searches ask for on this channel, or why none does.

    An alert names all searches that match, and some of them may never have asked for its facts. So if the others are
    paused, or were edited, no search asks for it any more. Searches that were stored without their numbers are not
    asked.

    Args:
        details: the alert, with those of its searches that are running and match now.
        before: the alert as it was made.
        running: the searches that are running.
        channel: the one on which it is to be sent.
    """
    if not details.searches or any(one.number is None for one in details.searches):
        return details
    its = [(one, running[one.number]) for one in details.searches if one.number is not None]
    on_channel = [(one, now) for one, now in its if now.channels is None or channel in now.channels.split()]
    facts = tuple(asked for fact in details.facts if (asked := _asked_for(fact, on_channel)) is not None)
    if on_channel and (facts or not details.facts):
        return details if facts == details.facts else replace(details, facts=facts)
    if any(one.number not in running for one in before.searches):
        return SEARCH_PAUSED
    return NO_LONGER_MATCHES if len(details.searches) < len(before.searches) else NO_LONGER_ASKED_FOR


def _asked_for(fact: ToldFact, searches: Sequence[tuple[ToldSearch, RunningSearch]]) -> ToldFact | None:
    """The fact, of those of its kinds that one of these searches asks for; None if none asks for any."""
    kinds = [
        kind
        for kind in (fact.kind, fact.also)
        if kind is not None and any(_asks_for(*one, kind, is_first=fact.before is None) for one in searches)
    ]
    kind, also, *_ = *kinds, None, None
    return None if kind is None else fact._replace(kind=kind, also=also)


def _asks_for(search: ToldSearch, now: RunningSearch, kind: str, *, is_first: bool) -> bool:
    if kind == IN_RANGE:
        return search.is_new
    return bool(kinds_of(now.change_types) & kinds_that_ask_for(kind, is_first=is_first))
