"""What the searches of an alert still ask for right before it is sent."""

from dataclasses import replace

from property_alert_notification.base.vocabulary import Channel
from property_alert_notification.homes.alerts.before_sending.asked import NO_LONGER_ASKED_FOR, as_asked_for
from property_alert_notification.homes.alerts.before_sending.freshness import (
    NO_LONGER_MATCHES,
    SEARCH_PAUSED,
    RunningSearch,
)
from property_alert_notification.homes.alerts.details import AlertDetails, ToldFact, ToldSearch
from property_alert_notification.homes.alerts.net import net
from property_alert_notification.homes.alerts.news import IN_RANGE

CUT = ToldFact("Price Change", "ListPrice", 500_000, 470_000)
SOON = ToldFact("Coming Soon", "StandardStatus", None, "Coming Soon")
IN = ToldFact(IN_RANGE, "ListPrice", 500_000, 470_000)
CUTS, NEWS = ToldSearch("Cuts", "", False, 1), ToldSearch("News", "", False, 2)
BOTH = CUTS, NEWS
ALERT = AlertDetails("en", "1", "1 Main St", "Seattle", "Active", 470_000, "USD", (CUT, SOON), BOTH)


def asked(
    alert: AlertDetails = ALERT,
    *,
    kept: tuple[ToldSearch, ...] = BOTH,
    cuts: str = "Price Change",
    channels: str | None = None,
    news_channels: str | None = None,
    is_paused: bool = False,
) -> object:
    running = {2: RunningSearch("News", 0, "New Listing", news_channels)}
    if not is_paused:
        running[1] = RunningSearch("Cuts", 0, cuts, channels)
    return as_asked_for(replace(alert, searches=kept), alert, running, Channel.EMAIL)


def test_an_alert_of_which_all_is_asked_for_stays_as_it_is() -> None:
    assert asked() == ALERT
    first = replace(ALERT, facts=(), matched=3)
    assert asked(first) == first


def test_facts_that_no_search_asks_for_any_more_are_left_out() -> None:
    assert asked(cuts="Open House") == replace(ALERT, facts=(SOON,))
    assert asked(kept=(NEWS,), is_paused=True) == replace(ALERT, facts=(SOON,), searches=(NEWS,))


def test_an_alert_of_which_nothing_is_asked_for_is_not_sent_and_says_why() -> None:
    cut = replace(ALERT, facts=(CUT,))
    assert asked(cut, cuts="Open House") == NO_LONGER_ASKED_FOR
    assert asked(cut, kept=(NEWS,), is_paused=True) == SEARCH_PAUSED
    assert asked(cut, kept=(NEWS,)) == NO_LONGER_MATCHES


def test_an_alert_is_not_sent_on_a_channel_that_none_of_its_searches_has_any_more() -> None:
    assert asked(channels="sms", news_channels="sms") == NO_LONGER_ASKED_FOR
    assert asked(channels="sms", news_channels="email sms") == replace(ALERT, facts=(SOON,))
    first = replace(ALERT, facts=(), searches=(CUTS,), matched=3)
    assert asked(first, kept=(CUTS,), channels="sms") == NO_LONGER_ASKED_FOR


def test_that_a_home_came_into_the_range_of_a_search_is_told_for_that_one_alone() -> None:
    new = CUTS._replace(is_new=True)
    came = replace(ALERT, facts=(IN,), searches=(new, NEWS))
    assert asked(came, kept=(new, NEWS), cuts="Open House") == came
    assert asked(came, kept=(NEWS,), is_paused=True) == SEARCH_PAUSED


def test_a_price_that_searches_tell_in_two_ways_is_told_in_the_way_that_those_ask_for_which_are_left() -> None:
    # A digest tells one price of a home, which may be a new price to one search and have made another one match.
    new = NEWS._replace(is_new=True)
    for first, later in ((CUT, IN), (IN, CUT)):
        [fact] = net((first, later), 470_000)
        both = replace(ALERT, facts=(fact,), searches=(CUTS, new))
        assert asked(both, kept=(CUTS, new)) == both
        assert asked(both, kept=(new,), is_paused=True) == replace(both, facts=(IN,), searches=(new,))
        assert asked(both, kept=(CUTS,)) == replace(both, facts=(CUT,), searches=(CUTS,))
        # On a channel that one of the searches does not have the other one tells it.
        assert asked(both, kept=(CUTS, new), channels="sms") == replace(both, facts=(IN,))
        assert asked(both, kept=(CUTS, new), news_channels="sms") == replace(both, facts=(CUT,))
        assert asked(both, kept=(CUTS,), cuts="Open House") == NO_LONGER_MATCHES


def test_searches_without_numbers_and_none_at_all_are_not_asked() -> None:
    old = (NEWS._replace(number=None),)
    assert asked(kept=old) == replace(ALERT, searches=old)
    assert asked(kept=()) == replace(ALERT, searches=())
