"""Mails that report what became of an email, as servers write them."""

import base64
import quopri
from email import policy
from email.message import EmailMessage

import pytest
from hypothesis import given
from hypothesis import strategies as st

from property_alert_notification.channels.callback import SuppressionCause
from property_alert_notification.channels.smtp.bounce import bounce_in_report
from property_alert_notification.feedback.bounces.report import Report, read_report

HARD = SuppressionCause.HARD_BOUNCE
RETURNED = "Message-ID: <0196f3c2-0000-7000-8000-000000000001@alerts.example.com>\r\nSubject: A home\r\n\r\nA text\r\n"


def a_mail(*parts: tuple[str, str], kind: str = 'multipart/report; report-type=delivery-status; boundary="b"') -> bytes:
    """A mail of these parts, each with its content type."""
    body = "".join(f"--b\r\nContent-Type: {type_}\r\n\r\n{text}\r\n" for type_, text in parts)
    return f"From: MAILER-DAEMON@example.net\r\nContent-Type: {kind}\r\n\r\n{body}--b--\r\n".encode()


def a_status(*lines: str) -> tuple[str, str]:
    fields = ("Reporting-MTA: dns; mx.example.net", "", "Final-Recipient: rfc822; x@example.net", *lines)
    return "message/delivery-status", "\r\n".join(fields) + "\r\n"


def read(*parts: tuple[str, str], **how: str) -> Report:
    report = read_report(a_mail(*parts, **how))
    assert report is not None
    return report


def test_a_failure_names_the_email_and_says_what_it_means_for_the_address() -> None:
    report = read(
        ("text/plain", "I could not deliver your mail."),
        a_status(
            "Action: failed", "Status: 5.0.0", "Diagnostic-Code: smtp; 550 5.1.1 <x@example.net>", "  no such user"
        ),
        ("message/rfc822", RETURNED),
    )
    assert (report.failed, report.cause, report.detail) == (True, HARD, "5.1.1")
    assert report.message_id == ("0196f3c2-0000-7000-8000-000000000001", "alerts.example.com")


@pytest.mark.parametrize("kind", ["text/rfc822-headers", "message/rfc822-headers", "message/global-headers"])
def test_headers_alone_name_the_email(kind: str) -> None:
    assert read(a_status("Action: failed", "Status: 5.1.1"), (kind, RETURNED)).message_id is not None


@pytest.mark.parametrize(
    "lines",
    [
        ("Action: delayed", "Status: 4.4.1", "Diagnostic-Code: smtp; 550 5.1.1 user unknown"),
        ("Action: relayed", "Status: 2.0.0"),
        ("Action: expanded", "Status: 2.0.0"),
    ],
)
def test_what_has_not_failed_says_nothing_about_the_address(lines: tuple[str, ...]) -> None:
    report = read(a_status(*lines))
    assert (report.failed, report.cause, report.delivered) == (False, None, False)


def test_a_delivery_is_one_only_if_the_server_delivered_it_itself() -> None:
    assert read(a_status("Action: delivered", "Status: 2.0.0")).delivered


def test_fields_are_read_in_any_case_with_comments_and_after_a_stray_empty_line() -> None:
    odd = "final-recipient: RFC822;x@example.net\r\naction: FAILED (at last)\r\n\r\nstatus: 5.1.1 (bad mailbox)\r\n"
    assert read(("message/Delivery-Status", odd)).cause is HARD


def test_an_action_that_stands_before_its_recipient_is_of_that_recipient() -> None:
    odd = "Reporting-MTA: dns; a\r\nAction: failed\r\n\r\nFinal-Recipient: rfc822; x@example.net\r\nStatus: 4.7.0\r\n"
    assert read(("message/delivery-status", odd)).failed


def a_recipient(name: str, action: str, status: str) -> str:
    return f"Final-Recipient: rfc822; {name}@example.net\r\nAction: {action}\r\nStatus: {status}\r\n"


@pytest.mark.parametrize("between", ["\r\n", ""])
@pytest.mark.parametrize(
    ("recipients", "failed", "delivered", "cause"),
    [
        ([("delivered", "2.0.0"), ("failed", "5.1.1")], False, True, None),
        ([("failed", "5.1.1"), ("relayed", "2.0.0")], False, False, None),
        ([("failed", "5.1.1"), ("delayed", "4.0.0")], False, False, None),
        ([*[("delivered", "2.0.0")] * 12, ("failed", "5.1.1")], False, True, None),
        ([("failed", "5.2.2"), ("failed", "5.1.1")], True, False, SuppressionCause.SOFT_BOUNCE),
        ([("failed", "5.1.1"), ("failed", "5.7.1")], True, False, None),
        ([("failed", "5.1.1"), ("failed", "5.1.10")], True, False, HARD),
    ],
)
def test_an_email_that_was_forwarded_has_failed_only_if_it_reached_nobody(
    recipients: list[tuple[str, str]], *, failed: bool, delivered: bool, cause: SuppressionCause | None, between: str
) -> None:
    fields = between.join(a_recipient(f"r{n}", *one) for n, one in enumerate(recipients))
    report = read(("message/delivery-status", f"Reporting-MTA: dns; mx.example.net\r\n\r\n{fields}"))
    assert (report.failed, report.delivered, report.cause) == (failed, delivered, cause)


@pytest.mark.parametrize("status", ["5.1.1", "5.1.10 (no such mailbox)"])
@pytest.mark.parametrize(
    "notice",
    [
        "Dear sender, the address x@y does not exist.",
        "Please verify the address with the sender",
        "Sending failed. Mailbox not found. Try again later.",
        "Your message with the subject Private viewing could not be delivered.",
    ],
)
def test_words_for_people_do_not_change_what_the_status_says(status: str, notice: str) -> None:
    assert read(("text/plain", notice), a_status("Action: failed", f"Status: {status}")).cause is HARD


def encoded(text: str, encoding: str) -> str:
    return (
        base64.encodebytes(text.encode()).decode()
        if encoding == "base64"
        else quopri.encodestring(text.encode()).decode()
    )


@pytest.mark.parametrize("kind", ["message/delivery-status", "message/global-delivery-status"])
@pytest.mark.parametrize("encoding", ["8bit", "base64", "quoted-printable"])
def test_reports_of_international_and_encoded_mail_are_read(kind: str, encoding: str) -> None:
    status = a_status("Action: failed", "Status: 5.0.0", "Diagnostic-Code: smtp; 550 5.1.1 <jörg@example.net> unknown")[
        1
    ]
    returned = RETURNED.replace("A home", "Ein schönes Haus")
    if encoding != "8bit":
        status, returned = encoded(status, encoding), encoded(returned, encoding)
    how = f"\r\nContent-Transfer-Encoding: {encoding}"
    report = read((kind + how, status), ("message/global" + how, returned))
    assert (report.cause, report.message_id is not None) == (HARD, True)


@pytest.mark.parametrize(
    "lines",
    [
        ("Action: failed", "Status: 5.0.0", "Diagnostic-Code: 550 5.1.1 user unknown"),
        ("Action: failed", "Status: 5.0.0", "Diagnostic-Code: 550 User unknown; see http://example.net/"),
        ('Action: "failed"', "Status: 5.1.1"),
        ("Action: bounced", "Status: 5.1.1"),
        ("Action: undeliverable", "Status: 5.1.1"),
        ("Status: 5.1.1",),
        ("Action: failed", "Status: 5.0.0", "Diagnostic-Code: smtp; =?utf-8?B?NTUwIDUuMS4xIFVzZXIgdW5rbm93bg==?="),
    ],
)
def test_fields_are_understood_as_servers_write_them(lines: tuple[str, ...]) -> None:
    report = read(a_status(*lines))
    assert (report.failed, report.cause) == (True, HARD)


def test_a_status_that_a_gateway_made_a_text_of_is_read_in_a_report_only() -> None:
    text = ("text/plain; name=details.txt", a_status("Action: failed", "Status: 5.1.1")[1])
    assert read(("text/plain", "Sorry"), text).cause is HARD
    assert read_report(a_mail(("text/plain", "Sorry"), text, kind='multipart/mixed; boundary="b"')) is None


def test_words_for_people_are_read_where_the_report_has_no_diagnostic() -> None:
    words = ("text/plain", "email@example.net: Domain does not exist")
    assert read(words, a_status("Action: error", "Status: 5.0.0")).cause is HARD


def test_a_report_is_found_inside_the_mail_of_a_gateway_but_not_inside_the_returned_email() -> None:
    status = a_status("Action: failed", "Status: 5.1.1")
    inner = a_mail(status).decode().partition("\r\n")[2].replace('="b"', '="inner"').replace("--b", "--inner")
    mixed = 'multipart/mixed; boundary="b"'
    assert read_report(a_mail(("text/plain", "Checked"), status, kind=mixed)) is not None
    assert read_report(a_mail(("text/plain", "See what I got"), ("message/rfc822", inner), kind=mixed)) is None


@pytest.mark.parametrize(
    ("kind", "complains"),
    [
        ("abuse", True),
        ("Abuse", True),
        ("fraud", False),
        ("auth-failure", False),
        ("not-spam", False),
        ("virus", False),
    ],
)
def test_only_reports_of_abuse_are_complaints(kind: str, *, complains: bool) -> None:
    fields = f"Feedback-Type: {kind}\r\nUser-Agent: Example/1.0\r\nVersion: 1\r\n"
    report = read_report(a_mail(("message/feedback-report", fields), ("message/rfc822", RETURNED)))
    assert (report is not None and report.cause is SuppressionCause.COMPLAINT) is complains


@pytest.mark.parametrize("kind", ["opt-out", "opt-out-list"])
@pytest.mark.parametrize("encoding", ["7bit", "base64"])
def test_a_wish_to_receive_no_more_is_an_unsubscribe(kind: str, encoding: str) -> None:
    fields = f"\r\nFeedback-Type: {kind}\r\nVersion: 1\r\n"
    fields = encoded(fields, encoding) if encoding != "7bit" else fields
    feedback = (f"message/feedback-report\r\nContent-Transfer-Encoding: {encoding}", fields)
    assert read(feedback, ("message/rfc822", RETURNED)).cause is SuppressionCause.UNSUBSCRIBE


def test_the_return_path_is_found_in_a_report_and_in_the_returned_email() -> None:
    feedback = "Feedback-Type: abuse\r\nOriginal-Mail-From: <bounces+a@alerts.example.com>\r\nVersion: 1\r\n"
    returned = f"Return-Path: <bounces+b@alerts.example.com>\r\n{RETURNED}"
    report = read(("message/feedback-report", feedback), ("message/rfc822", returned))
    assert report.return_paths == ("bounces+a@alerts.example.com", "bounces+b@alerts.example.com")
    assert read(a_status("Action: failed"), ("text/rfc822-headers", returned)).return_paths == report.return_paths[1:]


@pytest.mark.parametrize("headers", ["Auto-Submitted: auto-replied\r\n", "X-Autoreply: yes\r\n", ""])
def test_answers_and_automatic_answers_are_no_reports(headers: str) -> None:
    words = "I am out of the office. The user x@example.net does not exist any more (550 5.1.1)."
    assert read_report(f"Subject: Out of office\r\n{headers}\r\n{words}".encode()) is None


def test_what_tries_to_hurt_the_reader_is_no_report() -> None:
    deep = "".join(f'Content-Type: multipart/mixed; boundary="b{n}"\r\n\r\n--b{n}\r\n' for n in range(3_000))
    assert read_report(deep.encode()) is None
    assert read_report(a_mail(*[("text/plain", "x")] * 5_000)) is None
    assert read_report(b"Content-Type: multipart/report\r\n\r\n" + b"\0" * 2_000_000) is None
    assert read_report(a_mail(("message/delivery-status", "Action: failed\r\n" * 2))) is not None


def test_only_the_beginning_of_a_long_mail_is_read() -> None:
    long = "receiv" + "e" * 900_000
    assert bounce_in_report(long, long) is None
    report = read(
        ("text/plain", long[:50_000]), a_status("Action: failed", "Status: 5.0.0", f"Diagnostic-Code: smtp; {long}")
    )
    assert report.cause is None
    parameters = "; ".join(f"a{number}=b" for number in range(100_000))
    assert read_report(f"Content-Type: multipart/report; {parameters}\r\n\r\n".encode()) is None


@given(
    st.binary(max_size=400), st.sampled_from(["message/delivery-status", "message/feedback-report", "multipart/report"])
)
def test_any_bytes_are_read_without_an_error(content: bytes, kind: str) -> None:
    read_report(b'Content-Type: multipart/report; boundary="b"\r\n\r\n--b\r\nContent-Type: '
                + kind.encode() + b"\r\n\r\n" + content + b"\r\n--b--")  # fmt: skip
    read_report(content)


def test_a_report_that_python_writes_is_read() -> None:
    mail = EmailMessage()
    mail.set_content("It failed.")
    mail.make_mixed()
    part = EmailMessage()
    part["Content-Type"] = "message/delivery-status"
    part.set_payload([_fields({"Reporting-MTA": "dns; a"}), _fields({"Action": "failed", "Status": "5.1.1"})])
    mail.attach(part)
    report = read_report(mail.as_bytes(policy=policy.SMTP))
    assert report is not None
    assert report.cause is HARD


def _fields(values: dict[str, str]) -> EmailMessage:
    message = EmailMessage()
    for name, value in values.items():
        message[name] = value
    return message
