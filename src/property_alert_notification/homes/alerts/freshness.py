"""Whether an alert still holds right before it is sent: the listing may be gone, or have another price. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from property_alert_notification.base.reasons import Reason, ReasonCode
from property_alert_notification.homes.alerts.details import AlertDetails, ToldFact
from property_alert_notification.homes.alerts.news import may_be_shown
from property_alert_notification.homes.reso.words import StandardStatus

LISTING_GONE = Reason(ReasonCode.LISTING_GONE)
PRICE_CHANGED_SINCE = Reason(ReasonCode.PRICE_CHANGED_SINCE)
NEWER_ALERT = Reason(ReasonCode.NEWER_ALERT)

OFF_MARKET = frozenset(
    {
        StandardStatus.CANCELED,
        StandardStatus.CLOSED,
        StandardStatus.DELETE,
        StandardStatus.EXPIRED,
        StandardStatus.HOLD,
        StandardStatus.INCOMPLETE,
        StandardStatus.PENDING,
        StandardStatus.WITHDRAWN,
    }
)
"""In these no home can be had. An alert that tells that very status is sent all the same."""


def offered(listings: Sequence[Mapping[str, Any]]) -> Mapping[str, Any] | None:
    """The first of these listings of a home under which it can be had, or else the first; None if there is none."""
    free = (one for one in listings if may_be_shown(one) and one.get("StandardStatus") not in OFF_MARKET)
    return next(free, listings[0] if listings else None)


def still_holds(
    details: AlertDetails, now: Mapping[str, Any] | None, *, has_newer: bool, is_overtaken: bool
) -> AlertDetails | Reason:
    """The alert as it is sent now, or why it must not be sent.

    Args:
        details: the alert.
        now: the fields of its listing; None if the listing is deleted.
        has_newer: whether a newer alert tells the same person of the same property on the same channel, or will.
        is_overtaken: whether a newer one was sent on that channel, or is being sent.
    """
    if now is None or not may_be_shown(now):
        return LISTING_GONE
    status = now.get("StandardStatus")
    if status in OFF_MARKET and status != details.status:
        return LISTING_GONE
    price, currency = now.get("ListPrice"), str(now.get("currency", ""))
    has_moved = (price, currency) != (details.price, details.currency)
    if has_moved and has_newer:
        return PRICE_CHANGED_SINCE
    if is_overtaken:
        return NEWER_ALERT
    if has_moved:
        facts = tuple(one for fact in details.facts if (one := _with_price(fact, price)) is not None)
        if not facts:
            return PRICE_CHANGED_SINCE
        details = replace(details, price=price, currency=currency, facts=facts)
    address = details.address if now.get("InternetAddressDisplayYN") is not False else None
    return details if address == details.address else replace(details, address=address)


def _with_price(fact: ToldFact, price: Any) -> ToldFact | None:
    """The fact with the price of now; None if there is no difference any more."""
    if fact.field != "ListPrice":
        return fact
    return None if fact.before == price else fact._replace(after=price)
