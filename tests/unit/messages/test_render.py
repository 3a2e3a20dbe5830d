"""What a channel carries for a title and a message."""

import sys
from html.parser import HTMLParser
from unicodedata import bidirectional

import pytest
from hypothesis import given
from hypothesis import strategies as st

from property_alert_notification.messages.content import MessageContent
from property_alert_notification.messages.render import render_email, render_sms, sms_text
from property_alert_notification.messages.sms_segments import is_cut, measure

TAGS_OF_THE_WRAPPER = {
    "html",
    "head",
    "meta",
    "title",
    "style",
    "body",
    "table",
    "tr",
    "td",
    "h1",
    "p",
    "a",
    "br",
    "span",
}
words = st.text(st.characters(exclude_categories=("Cs",)), max_size=200)


class Page(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.links: list[str] = []
        self.lines: list[str] = []
        self._inside = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self._inside = tag if tag != "meta" else self._inside
        if tag == "a":
            self.links.append(dict(attributes)["href"] or "")

    def handle_data(self, data: str) -> None:
        if self._inside not in {"style", "title"}:
            self.lines.append(data)

    @property
    def words(self) -> list[str]:
        return "".join(self.lines).split()


def test_an_email_is_subject_text_and_html() -> None:
    email = render_email(MessageContent("Price drop", "Now 450,000.\n\nCall us."))

    assert (email.subject, email.text) == ("Price drop", "Now 450,000.\n\nCall us.")
    assert email.html is not None
    assert Page(email.html).words == ["Price", "drop", "Now", "450,000.", "Call", "us."]
    assert email.html.count("<p ") == 2


def test_a_line_end_is_a_line_end_and_a_blank_line_a_paragraph() -> None:
    html = render_email(MessageContent("t", "one\r\ntwo\n \n\nthree")).html or ""
    assert (html.count("<p "), html.count("<br>")) == (2, 1)


def test_an_sms_is_one_text() -> None:
    assert render_sms(MessageContent("Viewing", "Tomorrow at 10."), max_segments=3).text == "Viewing\nTomorrow at 10."
    assert render_sms(MessageContent("Viewing", ""), max_segments=3).text == "Viewing"
    assert render_sms(MessageContent("", "Tomorrow"), max_segments=3).text == "Tomorrow"
    assert render_sms(MessageContent("Viewing", "Tomorrow"), max_segments=3).html is None


def test_an_sms_costs_no_more_than_allowed() -> None:
    text = render_sms(MessageContent("Viewing", "a" * 1_000), max_segments=2).text
    assert measure(text).segments == 2
    assert text.endswith("...")


def test_a_cut_sms_reports_its_remaining_segments() -> None:
    cut = render_sms(MessageContent("Viewing", "a" * 1_000), max_segments=2)
    assert cut.cut == "cut to 2 segments, 306 of 1,008 characters"
    assert (
        render_sms(MessageContent("Viewing", "ä" * 400), max_segments=1).cut
        == "cut to 1 segment, 160 of 408 characters"
    )
    assert render_sms(MessageContent("Viewing", "Tomorrow ..."), max_segments=3).cut is None
    assert render_email(MessageContent("Viewing", "a" * 1_000)).cut is None
    assert is_cut(cut.text, sms_text("Viewing", "a" * 1_000))
    assert not is_cut("Viewing ...", "Viewing ...")
    assert not is_cut("Another ...", "Viewing in Ballard")


LINK = "https://alerts.example.com/searches/" + "x" * 80 + "?lang=en"


@pytest.mark.parametrize("words", ["a" * 1_000, "ä" * 500, "b c " * 300])
@pytest.mark.parametrize("after", ["", " and so on" * 30])
def test_a_cut_sms_keeps_its_link(words: str, after: str) -> None:
    content = MessageContent("Your search is paused", f"{words}\nPress the button on this page: {LINK}{after}")
    sms = render_sms(content, max_segments=3)
    assert measure(sms.text).segments <= 3
    assert sms.text.endswith(f"...\n{LINK}")
    assert is_cut(sms.text, sms_text(content.title, content.message))


def test_a_link_for_which_there_is_no_room_is_cut_away() -> None:
    sms = render_sms(MessageContent("Viewing", f"{'a' * 100} {LINK}{'x' * 100}"), max_segments=1)
    assert sms.text.endswith("...")
    assert measure(sms.text).segments == 1


def test_a_link_at_the_beginning_of_a_cut_sms_is_there_once() -> None:
    sms = render_sms(MessageContent("Viewing", f"{LINK} {'a' * 1_000}"), max_segments=3)
    assert (sms.text.count(LINK), sms.text[-3:]) == (1, "...")


def test_an_sms_has_plain_quotes_if_that_makes_it_cheaper() -> None:
    quoted = "Your search \u201cNear work\u201d \u2013 paused", "It\u2019s \u00aboff\u00bb\u2026\u00a0now"
    assert sms_text(*quoted) == 'Your search "Near work" - paused\nIt\'s "off"... now'
    dash = "https://example.com/K\u00f6ln\u2013Bonn"
    assert sms_text("\u201cTram\u201d", f"See {dash}.") == f"\u201cTram\u201d\nSee {dash}."
    spanish = "Su b\u00fasqueda \u00abCerca\u00bb"
    assert sms_text(spanish, "en pausa") == f"{spanish}\nen pausa"


@pytest.mark.parametrize(
    ("message", "links"),
    [
        ("See https://example.com/a?b=1&c=2.", ["https://example.com/a?b=1&c=2"]),
        ("(http://example.com/)", ["http://example.com/"]),
        ("https://en.example.org/wiki/House_(disambiguation)!", ["https://en.example.org/wiki/House_(disambiguation)"]),
        ("HTTPS://EXAMPLE.COM and http://b.example", ["HTTPS://EXAMPLE.COM", "http://b.example"]),
        ("javascript:alert(1) data:text/html,x ftp://example.com", []),
        ('https://example.com/"onmouseover="alert(1)', ["https://example.com/"]),
        ("https://example.com/<script>", ["https://example.com/"]),
    ],
)
def test_only_web_addresses_become_links(message: str, links: list[str]) -> None:
    page = Page(render_email(MessageContent("t", message)).html or "")
    assert page.links == links
    assert page.words == ["t", *message.split()]


@pytest.mark.parametrize(
    ("text", "direction"),
    [
        ("Three bedrooms", "ltr"),
        ("דירה חדשה", "rtl"),
        ("شقة جديدة", "rtl"),
        ("3 חדרים", "rtl"),
        ("«شقة» 3", "rtl"),
        ("Three חדרים", "ltr"),
        ("東京の家", "ltr"),
        ("12 / 3", "ltr"),
    ],
)
def test_each_text_is_read_from_the_side_where_it_begins(text: str, direction: str) -> None:
    side = "right" if direction == "rtl" else "left"
    html = render_email(MessageContent(text, f"{text}\n\nplain")).html or ""

    assert f'<h1 class="title" dir="{direction}" style="margin:0 0 16px; text-align:{side};' in html
    first, second = (part.partition(">")[0] for part in html.split("<p ")[1:])
    assert f'dir="{direction}"' in first
    assert 'dir="ltr"' in second


@pytest.mark.parametrize("number", ["+14155552671", "+1 415 555-2671", "(415) 555-2671", "03-555-2671"])
def test_a_number_and_a_link_keep_their_order_in_right_to_left_text(number: str) -> None:
    html = render_email(MessageContent("t", f"התקשרו {number} או https://example.com/a היום")).html or ""

    assert f'<span dir="ltr">{number}</span>' in html
    assert '<a class="link" dir="ltr" href="https://example.com/a"' in html
    assert "<span" not in (render_email(MessageContent("t", f"Call {number}")).html or "")


def test_a_number_keeps_its_order_beside_every_right_to_left_character() -> None:
    signs = [sign for sign in map(chr, range(sys.maxunicode)) if bidirectional(sign) in ("R", "AL")]

    html = render_email(MessageContent("A title", "\n\n".join(f"{sign} +12065550100" for sign in signs))).html

    assert html is not None
    assert html.count('<span dir="ltr">+12065550100</span>') == len(signs) > 1_000


@given(words, words)
def test_no_words_of_a_caller_become_markup(title: str, message: str) -> None:
    page = Page(render_email(MessageContent(title, message)).html or "")
    assert page.tags <= TAGS_OF_THE_WRAPPER
    assert all(link.lower().startswith(("http://", "https://")) for link in page.links)


@given(words)
def test_a_subject_is_one_line(title: str) -> None:
    subject = render_email(MessageContent(title, "")).subject
    assert len(subject.splitlines()) <= 1
    assert not any(ord(character) < 32 or ord(character) == 127 for character in subject)


def test_the_page_adapts_to_a_dark_screen_and_a_narrow_one() -> None:
    html = render_email(MessageContent("t", "m")).html or ""
    assert "prefers-color-scheme: dark" in html
    assert "max-width: 480px" in html
    assert 'role="presentation"' in html
