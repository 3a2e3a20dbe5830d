"""The settings of feeds."""

import pytest

from property_alert_notification.base.errors import ConfigurationError
from property_alert_notification.homes.feeds.settings import configured_feeds, event_source
from property_alert_notification.homes.listings.settings import ListingSettings

URL = "https://api.example.com/reso/odata"


def _set(monkeypatch: pytest.MonkeyPatch, **settings: str) -> None:
    for name, value in settings.items():
        monkeypatch.setenv(name, value)


def test_without_a_url_there_is_no_feed(monkeypatch: pytest.MonkeyPatch) -> None:
    _set(monkeypatch, FEED_TOKEN="a-secret")

    assert configured_feeds() == {}


def test_each_feed_has_its_own_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    _set(monkeypatch, FEED_URL=f"{URL}/", FEED_TOKEN="a-secret", FEED_TIME_ZONE="America/Los_Angeles")
    _set(
        monkeypatch, FEED_CRMLS_URL=URL, FEED_CRMLS_TOKEN="other", FEED_CRMLS_METHOD="events", FEED_CRMLS_CURRENCY="EUR"
    )

    feeds = configured_feeds()

    assert {name: (feed.url, feed.method) for name, feed in feeds.items()} == {
        "default": (URL, "timestamps"),
        "crmls": (URL, "events"),
    }
    assert [event_source(name, feed) for name, feed in feeds.items()] == list(feeds)
    reading = feeds["default"].reading(ListingSettings())
    assert (str(reading.zone), reading.currency) == ("America/Los_Angeles", "USD")
    assert feeds["crmls"].reading(ListingSettings()).currency == "EUR"


@pytest.mark.parametrize(
    ("settings", "problem"),
    [
        ({"FEED_URL": URL}, "FEED_TOKEN_ENDPOINT: needed unless FEED_TOKEN is set"),
        ({"FEED_URL": URL, "FEED_TOKEN_ENDPOINT": f"{URL}/token"}, "needs FEED_CLIENT_ID and FEED_CLIENT_SECRET"),
        ({"FEED_A_URL": URL}, "FEED_A_TOKEN_ENDPOINT: needed"),
        ({"FEED_URL": "api.example.com", "FEED_TOKEN": "x"}, "FEED_URL: "),
        ({"FEED_URL": f"{URL}?a=b", "FEED_TOKEN": "x"}, "must have no query"),
        (
            {
                "FEED_URL": URL,
                "FEED_TOKEN": "x",
                "FEED_A_URL": URL,
                "FEED_A_TOKEN": "x",
                "FEED_A_EVENT_SOURCE": "DEFAULT",
            },
            "two feeds have the same source of events",
        ),
    ],
)
def test_what_is_missing_or_wrong_is_named(
    monkeypatch: pytest.MonkeyPatch, settings: dict[str, str], problem: str
) -> None:
    _set(monkeypatch, **settings)

    with pytest.raises(ConfigurationError, match=problem):
        configured_feeds()
