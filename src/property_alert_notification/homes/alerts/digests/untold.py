"""What is still to be told of homes: neither the user's other searches nor an earlier alert tell it. Pure."""

from collections.abc import Container, Iterator

from property_alert_notification.homes.alerts.digests.waiting import HomeInDigest
from property_alert_notification.homes.alerts.ledger.queries import PersonsFact, ToldFacts
from property_alert_notification.homes.alerts.news import News
from property_alert_notification.homes.alerts.outcomes.unsent import Unsent


def told_before(home: HomeInDigest, told: ToldFacts) -> Iterator[PersonsFact]:
    """The facts of a home that the ledger has of its person, told by any listing of the home."""
    for key, by in home.told_by.items():
        if any(home.person in told.of(listing, key) for listing in by):
            yield next(iter(by)), key, home.person


def untold(home: HomeInDigest, told: ToldFacts, unsent: Unsent) -> list[News]:
    """The news of a home that its person was not told, in their order.

    `unsent` has the facts of which all alerts ended unsent. These are told by another search, unless the person was
    told something newer of the same field: never an old price after a new one.
    """
    before = {fact[1]: unsent.get(fact) for fact in told_before(home, told)}
    found: list[News] = []
    heard: set[str] = set()
    for key, news in reversed(home.news.items()):
        field = None if news.fact is None else news.fact.field
        if key not in before:
            found.append(news)
        elif not _is_told_by_another(home, key, before[key]):
            heard.update(() if field is None else (field,))
        elif field not in heard:
            found.append(news)
    return found[::-1]


def _is_told_by_another(home: HomeInDigest, key: str, senders: Container[int] | None) -> bool:
    """Whether another search than those by which it was to be told tells a fact."""
    if senders is None:
        return False
    return any(key in wanted and number not in senders for number, wanted in home.wanted.items())
