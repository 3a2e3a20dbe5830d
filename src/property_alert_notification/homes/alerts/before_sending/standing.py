"""Which facts of an alert are still true, by the newest record of the home. Pure."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from property_alert_notification.homes.alerts.details import ToldFact
from property_alert_notification.homes.alerts.differences import NAMED, are_same, value_of
from property_alert_notification.homes.alerts.news import IN_RANGE, can_be_had
from property_alert_notification.homes.reso.open_house_times import names_of
from property_alert_notification.homes.reso.open_houses import is_invitation
from property_alert_notification.homes.reso.words import NOT_TO_BE_HAD, ChangeType, StandardStatus

OPEN_HOUSE = "OpenHouse"
"""The field of facts about open houses, and of records with all of them."""

_STATUS = "StandardStatus"
_TAKEN = NOT_TO_BE_HAD | {StandardStatus.ACTIVE_UNDER_CONTRACT}
_NOT_YET_ACTIVE = (StandardStatus.COMING_SOON, StandardStatus.ACTIVE_UNDER_CONTRACT)


def standing(
    facts: Iterable[ToldFact], now: Mapping[str, Any], is_over: Callable[[Mapping[str, Any]], bool]
) -> tuple[ToldFact, ...]:
    """The facts without those that the newest record of the home contradicts, and open houses that are over."""
    found = []
    for fact in (_as_offered(one, now) for one in facts):
        if _stands(fact, now, is_over):
            found.append(fact)
        elif fact.kind == IN_RANGE:  # that is still true, without its cause
            found.append(fact._replace(field=None, before=None, after=None))
    return tuple(found)


def _stands(fact: ToldFact, now: Mapping[str, Any], is_over: Callable[[Mapping[str, Any]], bool]) -> bool:
    if fact.field == OPEN_HOUSE:
        return _is_open_house_still(fact, now, is_over)
    if is_free_again(fact, now):
        return False
    return fact.field not in NAMED or are_same(fact.field, value_of(fact.field, now), fact.after)


def _as_offered(fact: ToldFact, now: Mapping[str, Any]) -> ToldFact:
    """A home that was coming soon, or under contract, when it was first seen is a new listing once it is active."""
    is_first = fact.field == _STATUS and fact.before is None and fact.after in _NOT_YET_ACTIVE
    if not is_first or now.get(_STATUS) != StandardStatus.ACTIVE:
        return fact
    return fact._replace(kind=ChangeType.NEW_LISTING, after=StandardStatus.ACTIVE)


def is_free_again(fact: ToldFact, now: Mapping[str, Any]) -> bool:
    """Whether a fact tells that the home was taken or left the market, and by its newest status it can be had again."""
    return fact.field == _STATUS and fact.after in _TAKEN and can_be_had(now) and now.get(_STATUS) != fact.after


def _is_open_house_still(fact: ToldFact, now: Mapping[str, Any], is_over: Callable[[Mapping[str, Any]], bool]) -> bool:
    """Whether an open house, or its cancellation, is still ahead, and the newest record does not say otherwise.

    A record that says nothing about open houses changes none.
    """
    if is_over(fact.before if fact.after is None else fact.after):
        return False
    if (houses := now.get(OPEN_HOUSE)) is None:
        return True
    planned = {name for one in houses if is_invitation(one) for name in names_of(one)}
    told = fact.before if fact.after is None else fact.after
    return planned.isdisjoint(names_of(told)) == (fact.after is None)
