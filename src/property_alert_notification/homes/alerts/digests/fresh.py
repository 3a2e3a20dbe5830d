"""Finds what is still to be told of homes: no other search told it, and no digest showed it."""

from collections.abc import Iterator, Sequence

from sqlalchemy.ext.asyncio import AsyncConnection

from property_alert_notification.base.reasons import ReasonCode
from property_alert_notification.homes.alerts.digests.shown.queries import SentChange, shown_in_digests
from property_alert_notification.homes.alerts.digests.untold import told_before, untold
from property_alert_notification.homes.alerts.digests.waiting import HomeInDigest
from property_alert_notification.homes.alerts.drops.drops import Drops
from property_alert_notification.homes.alerts.ledger.queries import ToldFacts
from property_alert_notification.homes.alerts.news import News
from property_alert_notification.homes.alerts.outcomes.queries import unsent
from property_alert_notification.homes.reso.words import ChangeType


async def fresh_news(
    connection: AsyncConnection, homes: Sequence[HomeInDigest], told: ToldFacts, drops: Drops
) -> list[list[News]]:
    """The news of each of these homes that its person was not told; changes that a digest showed are `drops`."""
    ended = await unsent(connection, {fact for home in homes for fact in told_before(home, told)})
    fresh = [untold(home, told, ended) for home in homes]
    prices = {
        change
        for home, some in zip(homes, fresh, strict=True)
        for news in some
        for change in _price_changes(home, news)
    }
    shown = await shown_in_digests(connection, prices)
    found = []
    for home, some in zip(homes, fresh, strict=True):
        seen = {news.key: its for news in some if (its := shown.intersection(_price_changes(home, news)))}
        sequences = {sequence for its in seen.values() for _, _, sequence in its}
        drops.add(ReasonCode.ALREADY_TOLD, [match for match in home.matches if match[0] in sequences])
        found.append([news for news in some if news.key not in seen])
    return found


def _price_changes(home: HomeInDigest, news: News) -> Iterator[SentChange]:
    """The changes that tell this, if it is a price."""
    if news.kind == ChangeType.PRICE_CHANGE:
        for listing, sequence in home.told_by[news.key].items():
            yield listing, home.person, sequence
