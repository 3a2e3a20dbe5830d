"""The page says the same in each of its languages."""

import string

import pytest

from property_alert_notification.base.vocabulary import Frequency
from property_alert_notification.feedback.preference_page.languages import language_of
from property_alert_notification.feedback.preference_page.texts import ENGLISH, TEXTS
from property_alert_notification.feedback.preference_page.view import Words
from property_alert_notification.people.categories.rules import BUILT_IN
from property_alert_notification.people.preferences.rule_fields import Weekday
from property_alert_notification.people.suppressions.rules import SuppressionReason


def _places(text: str) -> set[str | None]:
    return {name for _, name, _, _ in string.Formatter().parse(text)} - {None}


@pytest.mark.parametrize("language", TEXTS)
def test_every_language_has_every_text_with_the_same_places(language: str) -> None:
    texts = TEXTS[language]

    assert texts.keys() == ENGLISH.keys()
    assert {name: _places(text) for name, text in texts.items()} == {name: _places(t) for name, t in ENGLISH.items()}
    assert [name for name, text in texts.items() if not text.strip()] == []


def test_every_word_of_the_service_has_its_text() -> None:
    # An erasure is no wish: it stops only what default preferences would allow.
    blocking = set(SuppressionReason) - {SuppressionReason.UNSUBSCRIBE, SuppressionReason.ERASED}
    needed = {*Frequency, *Weekday, *(f"blocked.{reason}" for reason in blocking)}
    needed |= {f"category.{name}{part}" for name in BUILT_IN for part in ("", ".hint")}

    assert needed - ENGLISH.keys() == set()


@pytest.mark.parametrize(
    ("chosen", "known", "accepted", "language"),
    [
        ("es", ["en"], "en", "es"),
        ("xx", ["es-MX"], "en", "es"),
        (None, ["fr", "es"], "en", "es"),
        (None, ["fr", None], "de, es;q=0.5, en;q=0.4", "es"),
        (None, [], "en;q=0.2,es;q=0.8", "es"),
        (None, [], "es;q=0, en;q=0.1", "en"),
        (None, [], "ES-419", "es"),
        (None, [], "es;q=many", "en"),
        (None, [], ";;,,q=", "en"),
        (None, [], None, "en"),
    ],
)
def test_the_page_has_the_language_of_the_switch_else_of_the_user_else_of_the_browser(
    chosen: str | None, known: list[str | None], accepted: str | None, language: str
) -> None:
    assert language_of(chosen, *known, accepted=accepted) == language


def test_an_own_category_is_named_by_its_identifier() -> None:
    assert Words("es").category("price_drop") == "Price drop"
    assert Words("es").hint("price_drop") == ""
