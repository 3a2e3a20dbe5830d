"""Whether an alert still holds right before it is sent: the listing may be gone, or have another price. Pure."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from property_alert_notification.base.reasons import Reason, ReasonCode
from property_alert_notification.homes.alerts.before_sending.standing import OPEN_HOUSE, is_free_again, standing
from property_alert_notification.homes.alerts.details import (
    AlertDetails,
    ToldFact,
    ToldSearch,
)
from property_alert_notification.homes.alerts.net import net
from property_alert_notification.homes.alerts.news import can_be_had, may_be_shown
from property_alert_notification.homes.criteria.evaluate import evaluate
from property_alert_notification.homes.criteria.expression import Expression
from property_alert_notification.homes.criteria.sentence import sentence
from property_alert_notification.homes.properties.shown_address import shown_address
from property_alert_notification.homes.reso.display import may_show_address

LISTING_GONE = Reason(ReasonCode.LISTING_GONE)
PRICE_CHANGED_SINCE = Reason(ReasonCode.PRICE_CHANGED_SINCE)
NEWER_ALERT = Reason(ReasonCode.NEWER_ALERT)
HOME_DISCARDED = Reason(ReasonCode.HOME_DISCARDED)
SEARCH_PAUSED = Reason(ReasonCode.SEARCH_PAUSED)
OPEN_HOUSE_OVER = Reason(ReasonCode.OPEN_HOUSE_OVER)

CHANGED_BACK = Reason(ReasonCode.CHANGED_BACK)
NO_LONGER_MATCHES = Reason(ReasonCode.NO_LONGER_MATCHES)


class RunningSearch(NamedTuple):
    """A search that is neither paused nor deleted."""

    name: str
    since: int
    """The number of its last edit, in one order with those of the changes of listings."""
    change_types: str = ""
    """Those that it asks for, as the store keeps them."""
    channels: str | None = None
    """Those of its alerts; None means all that its user wants."""


def offered(
    listings: Sequence[Mapping[str, Any]], is_wanted: Callable[[Mapping[str, Any]], bool] = lambda _: True
) -> Mapping[str, Any] | None:
    """The first of these listings of a home under which it can be had and `is_wanted`.

    If there is none, it is the first under which it can be had, or else the first; None if no listing is known.
    """
    free = [one for one in listings if may_be_shown(one) and can_be_had(one)]
    wanted = (one for one in free if is_wanted(one))
    return next(wanted, next(iter(free or listings), None))


def matching(
    searches: Iterable[ToldSearch], fields: Mapping[str, Any], expressions: Mapping[int, Expression]
) -> tuple[ToldSearch, ...]:
    """Those of the searches that match a listing; `expressions` has what they look for. A deleted one matches none."""

    def holds(one: ToldSearch) -> bool:
        if one.number is None:
            return True
        expression = expressions.get(one.number)
        return expression is not None and evaluate(expression, fields) is True

    return tuple(filter(holds, searches))


def still_asked_for(
    details: AlertDetails, running: Mapping[int, RunningSearch], *, is_discarded: bool
) -> AlertDetails | Reason:
    """The alert with those of its searches that are running, or why it must not be sent.

    One that was stored without its number is not looked at.
    """
    if is_discarded:
        return HOME_DISCARDED
    kept = tuple(one for one in details.searches if one.number is None or one.number in running)
    if not kept:
        return SEARCH_PAUSED
    return details if len(kept) == len(details.searches) else replace(details, searches=kept)


def edited_since(details: AlertDetails, sequence: int, running: Mapping[int, RunningSearch]) -> set[int]:
    """The searches of an alert that were edited after the change with this number, by their numbers."""
    numbers = {one.number for one in details.searches if one.number is not None}
    return {number for number in numbers if number in running and running[number].since > sequence}


def as_they_are_called(
    details: AlertDetails,
    edited: Collection[int],
    running: Mapping[int, RunningSearch],
    expressions: Mapping[int, Expression],
) -> AlertDetails:
    """The alert with the names of these searches, and what they look for, as they are now."""

    def now(one: ToldSearch) -> ToldSearch:
        if one.number is None or one.number not in edited:
            return one
        in_words = sentence(expressions[one.number], details.language) if one.sentence else ""
        return one._replace(name=running[one.number].name, sentence=in_words)

    return replace(details, searches=tuple(map(now, details.searches)))


def is_gone(details: AlertDetails, listing: Mapping[str, Any] | None) -> bool:
    """Whether a home cannot be had under a listing any more, or may not be shown.

    It is not gone by the status that it had when the alert was made: the alert tells it, or the searches name it.
    """
    if listing is None or not may_be_shown(listing):
        return True
    return not can_be_had(listing) and listing.get("StandardStatus") != details.status


def still_matches(
    details: AlertDetails,
    own: Mapping[str, Any] | None,
    others: Sequence[Mapping[str, Any]],
    expressions: Mapping[int, Expression],
) -> tuple[AlertDetails, Mapping[str, Any] | None]:
    """The alert with the searches that the home matches now, maybe none, and the listing under which it does.

    It is its own listing, that changed, unless this is gone: another agent may offer the home at another price, which
    has nothing to do with the change. `others` are the other listings of the home, those first that count first.
    """
    now = own
    if is_gone(details, own):
        listings = others if own is None else [own, *others]
        now = offered(listings, lambda one: bool(matching(details.searches, one, expressions)))
    kept = () if now is None else matching(details.searches, now, expressions)
    return replace(details, searches=kept), now


def still_holds(
    details: AlertDetails,
    now: Mapping[str, Any] | None,
    *,
    has_newer: bool,
    is_overtaken: bool,
    is_told: bool = False,
    is_over: Callable[[Mapping[str, Any]], bool],
) -> AlertDetails | Reason:
    """The alert as it is sent now, or why it must not be sent.

    Args:
        details: the alert, with the searches that its home matches now.
        now: the fields of its listing; None if the listing is deleted.
        has_newer: whether a newer alert tells the same person of the same property on the same channel, or will.
        is_overtaken: whether a newer one was sent on that channel, or is being sent.
        is_told: whether a newer one is yet to be sent, and tells the facts of this one, too, if it replaces it.
        is_over: whether an open house is over.
    """
    if now is None or is_gone(details, now):
        return LISTING_GONE
    if not details.searches:
        return NO_LONGER_MATCHES
    price, currency = now.get("ListPrice"), str(now.get("currency", ""))
    has_moved = (price, currency) != (details.price, details.currency)
    facts = standing(details.facts, now, is_over)
    if details.facts and not facts:
        return _why_none_stands(details, now, was_overtaken=is_overtaken and not is_told)
    if is_overtaken or (has_moved and has_newer):
        # A newer alert that was sent before told the price and the status of then, but may not have told open houses.
        facts = () if is_told else tuple(fact for fact in facts if fact.field == OPEN_HOUSE)
        if not facts:
            return PRICE_CHANGED_SINCE if has_moved and has_newer else NEWER_ALERT
    if has_moved:
        told = price if currency == details.currency else None
        facts = tuple(one for fact in facts if (one := _with_price(fact, told)) is not None)
    if details.facts and not facts:
        return PRICE_CHANGED_SINCE if price is None or currency != details.currency else CHANGED_BACK
    return replace(as_listed(details, now), facts=facts)


def _why_none_stands(details: AlertDetails, now: Mapping[str, Any], *, was_overtaken: bool) -> Reason:
    if not any(is_free_again(fact, now) for fact in details.facts):
        return OPEN_HOUSE_OVER
    return NEWER_ALERT if was_overtaken else CHANGED_BACK


def as_listed(details: AlertDetails, now: Mapping[str, Any]) -> AlertDetails:
    """The alert with the price, the status and the address of now."""
    address = shown_address(now) or details.address if may_show_address(now) else None
    price, currency = now.get("ListPrice"), str(now.get("currency", ""))
    status = str(now.get("StandardStatus", ""))
    return replace(details, price=price, currency=currency, address=address, status=status)


def still_true(
    details: AlertDetails, now: Mapping[str, Any] | None, is_over: Callable[[Mapping[str, Any]], bool]
) -> AlertDetails | None:
    """What a newer alert still tells of this one; None if it is nothing.

    `details` has the searches that its home matches now; prices are those that it told.
    """
    if is_gone(details, now) or now is None or not details.searches:
        return None
    facts = standing(details.facts, now, is_over)
    return replace(details, facts=facts) if facts else None


def told_together(newest: AlertDetails, older: Sequence[AlertDetails]) -> AlertDetails | Reason:
    """An alert that tells also the facts of older ones, which it replaces; or why nothing is left to tell.

    Of several prices it tells the first before and that of now.
    """
    if not older:
        return newest
    facts = net((_in_currency(fact, one, newest) for one in (*older, newest) for fact in one.facts), newest.price)
    if not facts:
        return CHANGED_BACK
    searches: dict[int | str, ToldSearch] = {}
    for one in (newest, *reversed(older)):
        for search in one.searches:
            searches.setdefault(search.name if search.number is None else search.number, search)
    return replace(newest, facts=tuple(facts), searches=tuple(searches.values()))


def in_place_of(newest: AlertDetails, older: Sequence[tuple[AlertDetails, Mapping[str, Any]]]) -> AlertDetails | None:
    """An alert that does not hold itself, to tell only the facts of older ones; None if nothing is left to tell.

    `older` are those that it replaced, in their order, each with the listing that it tells of now. The alert tells of
    the listing of the last one; `told_together` adds the facts.
    """
    if not older:
        return None
    last, now = older[-1]
    its = replace(as_listed(last, now), language=newest.language, facts=(), searches=())
    return its if isinstance(told_together(its, [one for one, _ in older]), AlertDetails) else None


def _in_currency(fact: ToldFact, told: AlertDetails, now: AlertDetails) -> ToldFact:
    """A fact whose price before is in the currency of now, or says in which."""
    if fact.field != "ListPrice":
        return fact
    before = fact.before_currency or told.currency
    return fact._replace(before_currency=None if before == now.currency else before)


def _with_price(fact: ToldFact, price: Any) -> ToldFact | None:
    """The fact with the price of now; None if there is no difference any more.

    `price` is None if there is none now, or one in another currency, which compares with nothing.
    """
    if fact.field != "ListPrice":
        return fact
    is_same = fact.before == price and fact.before_currency is None
    return None if price is None or is_same else fact._replace(after=price)
