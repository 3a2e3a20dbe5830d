"""The links and headers by which a user refuses messages."""

import pytest

from property_alert_notification.base.languages import shown_language
from property_alert_notification.messages.content import Links, MessageContent
from property_alert_notification.messages.render import render_email, render_sms
from tests.unit.messages.test_render import Page

ONE_CLICK = "https://alerts.example.com/u/AAAA"
PAGE = "https://alerts.example.com/preferences/BBBB"


def test_a_refusable_email_ends_with_links_and_has_both_headers() -> None:
    email = render_email(MessageContent("Price drop", "Now 450,000.\n", Links(PAGE, ONE_CLICK)))

    assert email.text == f"Now 450,000.\n\nUnsubscribe: {ONE_CLICK}\nChoose what you receive: {PAGE}"
    assert Page(email.html or "").links == [ONE_CLICK, PAGE]
    assert email.headers[1:] == (
        ("List-Unsubscribe", f"<{ONE_CLICK}>"),
        ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"),
    )


def test_an_email_of_a_required_category_links_to_the_preferences_alone() -> None:
    email = render_email(MessageContent("Your account", "", Links(PAGE, None)))

    assert email.text == f"Choose what you receive: {PAGE}"
    assert Page(email.html or "").links == [PAGE]
    assert [name for name, _ in email.headers] == ["Auto-Submitted"]


def test_other_messages_have_neither() -> None:
    email = render_email(MessageContent("Viewing", "At ten."))
    sms = render_sms(MessageContent("Viewing", "At ten.", Links(PAGE, ONE_CLICK)), max_segments=3)

    assert (email.text, sms.text) == ("At ten.", "Viewing\nAt ten.")
    assert "footer-link" not in (email.html or "").partition("</style>")[2]
    assert [name for name, _ in email.headers] == ["Auto-Submitted"]


@pytest.mark.parametrize(("language", "words"), [("es", "Cancelar"), ("es-MX", "Cancelar"), ("ES", "Cancelar")])
def test_the_footer_is_in_the_users_language(language: str, words: str) -> None:
    email = render_email(MessageContent("Casa", "Hola", Links(PAGE, ONE_CLICK, language)))

    assert words in email.text
    assert words in (email.html or "")
    assert 'lang="es"' in (email.html or "")


@pytest.mark.parametrize("tag", [None, "", "de", "de-CH", "est", "e", "en-GB", "x-es"])
def test_other_languages_read_english(tag: str | None) -> None:
    assert shown_language(tag) == "en"
