"""What IMAP servers say, and how names are said to them."""

import imaplib
from typing import Any

import pytest

from property_alert_notification.feedback.bounces.imap import mailbox_name, mails_in


@pytest.mark.parametrize(
    ("answers", "mails"),
    [
        ([(b"1 (UID 42 BODY[]<0> {3}", b"abc"), b")"], [(b"42", b"abc")]),
        ([(b"1 (BODY[]<0> {3}", b"abc"), b" UID 42)"], [(b"42", b"abc")]),
        ([(b"1 (BODY[]<0> {3}", b"abc"), b" FLAGS () uid 42)"], [(b"42", b"abc")]),
        (
            [(b"1 (BODY[]<0> {3}", b"abc"), b" UID 42)", (b"2 (UID 43 BODY[]<0> {3}", b"def"), b")"],
            [(b"42", b"abc"), (b"43", b"def")],
        ),
        ([(b"1 (BODY[]<0> {3}", b"abc"), b" UID 42)", b"7 (FLAGS (\\Seen) UID 44)"], [(b"42", b"abc")]),
        ([b"7 (FLAGS (\\Seen) UID 44)", None], []),
        ([(b"1 (UID 42 BODY[]<0> {0}", b""), b")"], [(b"42", b"")]),
        ([b'1 (UID 42 BODY[]<0> "")'], [(b"42", b"")]),
        ([b'1 (BODY[]<0> "a \\"b\\" UID 1" UID 42)'], [(b"42", b'a "b" UID 1')]),
        ([b"1 (BODY[] NIL UID 42)"], [(b"42", b"")]),
        ([None], []),
        ([], []),
    ],
)
def test_a_server_sends_the_uid_where_it_likes(answers: list[Any], mails: list[Any]) -> None:
    assert mails_in(answers) == mails


@pytest.mark.parametrize("answers", [[(b"1 (BODY[]<0> {3}", b"abc"), b")"], [(b"1 (BODY[]<0> {3}", b"abc")]])
def test_a_mail_without_uid_is_a_fault_and_not_read_for_ever(answers: list[Any]) -> None:
    with pytest.raises(imaplib.IMAP4.error):
        mails_in(answers)


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("INBOX", '"INBOX"'),
        ("Zurückgewiesen", '"Zur&APw-ckgewiesen"'),
        ("R&D", '"R&-D"'),
        ('a "b" \\c', '"a \\"b\\" \\\\c"'),
        ("~peter/mail/台北/日本語", '"~peter/mail/&U,BTFw-/&ZeVnLIqe-"'),
        ("Почта", '"&BB8EPgRHBEIEMA-"'),
        ("a\nb", '"a&AAo-b"'),
    ],
)
def test_a_folder_is_named_in_modified_utf_7(name: str, written: str) -> None:
    assert mailbox_name(name) == written
