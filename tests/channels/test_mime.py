"""The bytes of an email, read back by the standard library."""

import re
from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from property_alert_notification.base.errors import ConfigurationError, Refused
from property_alert_notification.base.settings import load
from property_alert_notification.channels.base import OutgoingMessage
from property_alert_notification.channels.mime import Composer, EmailSettings, Mail, parse_address
from tests.channels.conftest import Environ, a_message
from tests.channels.hostile_mail import OURS, body, has_control, hostile_text, with_one_kind_of_line_end
from tests.fuzz.budget import budget

NOW = datetime(2026, 11, 22, 12, 0, 1, tzinfo=UTC)


def composer(name: str = "Example Homes", reply_to: str | None = None) -> Composer:
    return Composer(EmailSettings(email_from="alerts@example.com", email_from_name=name, email_reply_to=reply_to))


def parsed(mail: Mail) -> EmailMessage:
    return message_from_bytes(mail.content, policy=policy.default)  # type: ignore[return-value]


@budget(share=10)
@given(
    subject=hostile_text,
    text=hostile_text,
    html=st.none() | hostile_text,
    name=hostile_text.map(lambda text: "".join(filter(str.isprintable, text))),
)
def test_only_our_headers_exist_and_nothing_is_lost(subject: str, text: str, html: str | None, name: str) -> None:
    sender = composer(re.sub(r"[\x00-\x1f\x7f]", "", name)[:200])
    message = OutgoingMessage(UUID(int=7), "anna@example.com", subject, text, html)
    if has_control(subject):
        with pytest.raises(Refused):
            sender.compose(message, now=NOW)
        return

    mail = sender.compose(message, now=NOW)
    read = parsed(mail)

    assert set(read.keys()) <= OURS
    assert len(read.keys()) == len(set(read.keys()))
    assert read["Subject"] == subject
    assert (read["To"], read["From"].addresses[0].addr_spec) == ("anna@example.com", "alerts@example.com")
    assert not read.defects
    assert body(read, "plain") == with_one_kind_of_line_end(text)
    if html is not None:
        assert body(read, "html") == with_one_kind_of_line_end(html)
    assert all(len(line) <= 998 for line in mail.content.split(b"\r\n"))
    assert b"\n" not in mail.content.replace(b"\r\n", b"")
    assert b"\r" not in mail.content.replace(b"\r\n", b"")
    assert mail.content.isascii()


def test_no_text_can_end_a_part_before_its_time() -> None:
    message = a_message(text=f"--=_{UUID(int=7).hex}--\nnothing follows?")
    mail = composer().compose(replace(message, delivery_id=UUID(int=7)), now=NOW)

    assert body(parsed(mail), "plain").startswith("--=_")
    assert body(parsed(mail), "html").startswith("<p>")


@budget(share=5)
@given(address=hostile_text | st.emails() | st.builds("{}@example.com".format, hostile_text))
def test_an_address_is_written_whole_or_refused(address: str) -> None:
    try:
        mail = composer().compose(a_message(address), now=NOW)
    except Refused:
        return
    assert not has_control(mail.recipient.text)
    assert not set(mail.recipient.text) & set(' ,<>"()')
    assert set(parsed(mail).keys()) <= OURS
    if not mail.recipient.needs_utf8:
        assert [one.addr_spec for one in parsed(mail)["To"].addresses] == [mail.recipient.text]


@budget(share=5)
@given(address=hostile_text)
def test_a_made_up_address_adds_no_header(address: str) -> None:
    try:
        mail = composer().compose(a_message(address), now=NOW, made_up=True)
    except Refused:
        assert has_control(address)
        return
    assert set(parsed(mail).keys()) <= OURS


def test_headers_of_a_message_are_written_and_encoded() -> None:
    headers = (("X-Category", "viewing"), ("X-Agent", "Zoë"), ("X-Long", "a " * 60))
    message = replace(a_message(), headers=headers)

    mail = composer().compose(message, now=NOW)

    assert [(name, parsed(mail)[name].strip()) for name, _ in headers] == [(n, value.strip()) for n, value in headers]
    assert max(map(len, mail.content.split(b"\r\n"))) <= 78


@pytest.mark.parametrize(
    "header",
    [
        ("X-Note", "a\r\nBcc: everybody@example.com"),
        ("X-Note", "a\x00b"),
        ("X-Note\r\nBcc", "a"),
        ("X Note", "a"),
        ("Bcc:", "a"),
        ("", "a"),
        ("Subject", "another"),
        ("content-type", "text/html"),
    ],
)
def test_a_header_that_would_change_another_is_refused(header: tuple[str, str]) -> None:
    with pytest.raises(Refused, match="a header of the message"):
        composer().compose(replace(a_message(), headers=(header,)), now=NOW)


@pytest.mark.parametrize("control", [*map(chr, range(32)), "\x7f"])
def test_every_control_character_is_refused(control: str) -> None:
    plain = a_message()
    with pytest.raises(Refused, match="subject"):
        composer().compose(OutgoingMessage(plain.delivery_id, plain.to, f"a{control}b", "", None), now=NOW)
    for address in (f"a{control}b@example.com", f"anna@example.com{control}", f"{control}anna@example.com"):
        for made_up in (False, True):
            with pytest.raises(Refused, match="address"):
                composer().compose(a_message(address), now=NOW, made_up=made_up)


def test_a_repeat_of_a_delivery_has_the_same_message_id() -> None:
    message = a_message()
    first, second = (parsed(composer().compose(message, now=NOW)) for _ in range(2))
    assert first["Message-ID"] == second["Message-ID"] == f"<{message.delivery_id}@example.com>"


def test_the_headers_have_sender_date_and_auto_submitted() -> None:
    read = parsed(composer('Häuser "am See"', "help@example.com").compose(a_message(), now=NOW))
    assert read["From"].addresses[0].display_name == 'Häuser "am See"'
    assert read["Reply-To"] == "help@example.com"
    assert read["Date"].datetime == NOW
    assert read["Auto-Submitted"] == "auto-generated"
    assert read.get_content_type() == "multipart/alternative"


def test_without_html_there_is_one_part() -> None:
    read = parsed(composer().compose(a_message(html=False), now=NOW))
    assert read.get_content_type() == "text/plain"


def test_header_lines_are_short_where_they_can_be_broken() -> None:
    plain = a_message()
    for subject in ("word " * 60 + "end", "Zimmer für zwei " * 20, "a" * 500):
        message = OutgoingMessage(plain.delivery_id, plain.to, subject, "", None)
        content = composer().compose(message, now=NOW).content
        assert max(map(len, content.partition(b"\r\n\r\n")[0].split(b"\r\n"))) <= 78


def test_a_domain_beyond_ascii_travels_in_its_ascii_form() -> None:
    assert parse_address("anna@häuser.example") == parse_address("anna@xn--huser-gra.example")
    assert not parse_address("anna@häuser.example").needs_utf8


def test_a_local_part_beyond_ascii_needs_smtputf8() -> None:
    mail = composer().compose(a_message("änna@example.com"), now=NOW)
    assert mail.recipient.needs_utf8
    assert "To: änna@example.com\r\n".encode() in mail.content


@pytest.mark.parametrize(
    "address",
    ["", "anna", "@example.com", "anna@", "a@b@c.example", "anna@exa mple.com", "a,b@example.com", "<a@example.com>",
     "anna@-example.com", "anna@example..com", ".anna@example.com", "a" * 65 + "@example.com", "anna@" + "a" * 64],
)  # fmt: skip
def test_an_impossible_address_is_refused(address: str) -> None:
    with pytest.raises(Refused):
        parse_address(address)


def test_text_that_is_no_unicode_is_refused() -> None:
    with pytest.raises(Refused, match="Unicode"):
        composer().compose(a_message(text="\ud800"), now=NOW)


def test_settings_that_would_break_a_header_stop_the_start(environ: Environ) -> None:
    environ(EMAIL_FROM="alerts@", EMAIL_FROM_NAME="a\nb", EMAIL_REPLY_TO="x y@example.com")
    with pytest.raises(ConfigurationError, match=r"EMAIL_FROM:.*EMAIL_FROM_NAME:.*EMAIL_REPLY_TO:"):
        load(EmailSettings)
