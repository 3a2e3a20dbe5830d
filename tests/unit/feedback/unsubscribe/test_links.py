"""Which messages carry links to refuse further ones, and what these links are about."""

from datetime import UTC, datetime

import pytest

from property_alert_notification.base.settings.setting_values import LONGEST_PUBLIC_URL
from property_alert_notification.base.vocabulary import CategoryKind, Channel
from property_alert_notification.feedback.unsubscribe.links import LinkWriter
from property_alert_notification.feedback.unsubscribe.tokens import Link, Purpose, Tokens
from property_alert_notification.messages.content import Links
from property_alert_notification.people.categories.rules import BUILT_IN, Category

EMAIL = Channel("email")
TOKENS = Tokens([b"a-signing-key-of-tests-with-32-characters"])
BASE = "https://example.com/alerts"


def _write(
    category: Category, *, channel: Channel = EMAIL, base: str = BASE, in_digest: bool = False, test: bool = False
) -> Links | None:
    return LinkWriter(TOKENS, base).write(2**63 - 1, channel, category, in_digest=in_digest, test=test, language="es")


def _read(purpose: Purpose, url: str | None, path: str) -> Link | None:
    assert url is not None
    assert url.startswith(BASE + path)
    token = url.removeprefix(BASE + path).removesuffix("?lang=es")
    return TOKENS.read(purpose, token, now=datetime(2026, 12, 1, tzinfo=UTC))


@pytest.mark.parametrize("test", [False, True])
def test_a_promotional_message_carries_links_about_its_user_channel_and_category(test: bool) -> None:
    links = _write(BUILT_IN["listing_alert"], test=test)

    assert links is not None
    about = Link(2**63 - 1, EMAIL, "listing_alert", test)
    assert _read(Purpose.UNSUBSCRIBE, links.unsubscribe, "/u/") == about
    assert _read(Purpose.PREFERENCES, links.preferences, "/preferences/") == about
    assert links.language == "es"
    # The page for preferences finds the language of its user by itself, also after the user has changed it.
    assert [url.endswith("?lang=es") for url in (str(links.unsubscribe), links.preferences)] == [True, False]


@pytest.mark.parametrize("category", ["general", "viewing", "account"])
def test_a_transactional_message_carries_none_unless_it_is_in_a_digest(category: str) -> None:
    in_digest = _write(BUILT_IN[category], in_digest=True)

    assert _write(BUILT_IN[category]) is None
    assert in_digest is not None
    assert (in_digest.unsubscribe is None) == BUILT_IN[category].required


def test_a_message_of_a_channel_without_footers_carries_none() -> None:
    assert _write(BUILT_IN["listing_alert"], channel=Channel("sms"), in_digest=True) is None


def test_the_longest_link_fits_into_a_header_of_one_line() -> None:
    base = "https://example.com/" + "x" * (LONGEST_PUBLIC_URL - 20)
    links = _write(Category("c" * 64, CategoryKind.PROMOTIONAL), base=base, test=True)

    assert links is not None
    assert len(f"List-Unsubscribe: <{links.unsubscribe}>") <= 998
