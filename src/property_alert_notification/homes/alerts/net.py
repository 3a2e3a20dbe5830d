"""What several facts of one home come to when they are told together. Pure."""

from collections.abc import Iterable
from typing import Any

from property_alert_notification.homes.alerts.details import ToldFact


def net(facts: Iterable[ToldFact], price: Any) -> list[ToldFact]:
    """The facts in their order; of several prices the first before and that of now."""
    found: dict[tuple[str | None, str], ToldFact] = {}
    for place, fact in enumerate(facts):
        key = (fact.field, "") if fact.field == "ListPrice" else (fact.field, str(place))
        found[key] = _then(found[key], fact) if key in found else fact
    now = [fact._replace(after=price) if fact.field == "ListPrice" else fact for fact in found.values()]
    return [fact for fact in now if fact.field != "ListPrice" or _is_another_price(fact)]


def _then(first: ToldFact, later: ToldFact) -> ToldFact:
    """One fact from before the first to after the later one, of the kinds of both."""
    currency = first.before_currency or later.before_currency
    other = next((kind for kind in (later.kind, later.also) if kind not in (first.kind, None)), None)
    return first._replace(after=later.after, before_currency=currency, also=first.also or other)


def _is_another_price(fact: ToldFact) -> bool:
    return fact.after is not None and (fact.after != fact.before or fact.before_currency is not None)
