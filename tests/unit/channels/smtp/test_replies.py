"""What SMTP replies are about: the words of real servers, verb by verb."""

from datetime import timedelta

import pytest

from property_alert_notification.channels.smtp.meaning import FROM, HOST, LOGIN, About
from property_alert_notification.channels.smtp.replies import asked_wait, read
from property_alert_notification.channels.smtp.reply_text import split

RECIPIENT, MESSAGE, SENDER = About.RECIPIENT, About.MESSAGE, About.SENDER
SERVER, CONNECTION, QUOTA, OPEN = About.SERVER, About.CONNECTION, About.QUOTA, About.OPEN

REPLIES = [
    # Greylisting, in all its words: this recipient waits.
    ("RCPT", "450 4.2.0 <a@example.com>: Recipient address rejected: Greylisted, see http://example.com/", RECIPIENT),
    (
        "RCPT",
        "450 4.7.1 <a@example.com>: Recipient address rejected: Greylisting in effect, try later",
        RECIPIENT,
    ),
    ("RCPT", "451 4.7.1 Greylisting in action, please come back in 00:04:59", RECIPIENT),
    ("RCPT", "451 DEFER - graylisted", RECIPIENT),
    ("RCPT", "421 4.7.1 Greylisted, come back later", RECIPIENT),
    ("DATA", "451 4.7.1 Greylisted for 5 minutes", RECIPIENT),
    ("the final dot", "451 4.7.0 grey-listed, try later", RECIPIENT),
    ("RCPT", "450 try again later", RECIPIENT),
    ("RCPT", "451 Please retry in 300 seconds", RECIPIENT),
    ("RCPT", "451 4.7.1 Temporarily rejected. Try again later.", RECIPIENT),
    ("RCPT", "450 4.7.1 First time seeing this recipient, be patient", RECIPIENT),
    ("RCPT", "421 4.2.0 come back in five minutes", RECIPIENT),
    ("RCPT", "451 4.7.1 Service unavailable - try again later", RECIPIENT),
    ("RCPT", "450", RECIPIENT),
    # One recipient.
    ("RCPT", "550 5.1.1 <a@example.com>: Recipient address rejected: User unknown in virtual mailbox table", RECIPIENT),
    ("RCPT", "550 No such user here", RECIPIENT),
    ("RCPT", "550 5.2.1 The email account that you tried to reach is disabled", RECIPIENT),
    ("RCPT", "550 account suspended", RECIPIENT),
    ("RCPT", "452 4.2.2 The recipient's inbox is out of storage space", RECIPIENT),
    ("RCPT", "552 5.2.2 mailbox full, user over quota", RECIPIENT),
    ("RCPT", "552 user's mailbox quota exceeded", RECIPIENT),
    ("the final dot", "554 Quota exceeded (mailbox for user is full)", RECIPIENT),
    ("RCPT", "450 4.2.1 The user you are trying to contact is receiving mail too quickly", RECIPIENT),
    ("RCPT", "550 5.4.1 Recipient address rejected: Access denied", RECIPIENT),
    ("RCPT", "550 5.1.4 Recipient address rejected: Access denied.", RECIPIENT),
    ("RCPT", "550 5.7.133 Sender not authenticated for group", RECIPIENT),
    ("RCPT", "504 5.5.2 <a>: Recipient address rejected: need fully-qualified address", RECIPIENT),
    ("RCPT", "450 4.1.2 <a@b.example>: Recipient address rejected: Domain not found", RECIPIENT),
    ("RCPT", "556 5.1.10 Recipient address has a null MX", RECIPIENT),
    (
        "RCPT",
        "550 5.7.1 The user or domain that you are sending to (or from) has a policy against it",
        RECIPIENT,
    ),
    ("RCPT", "550 no", RECIPIENT),
    ("RCPT", "553", RECIPIENT),
    ("RCPT", "554 5.0.0 no", RECIPIENT),
    # One message.
    ("the final dot", "552 5.3.4 Message size exceeds fixed limit", MESSAGE),
    ("the final dot", "552 5.2.3 Message exceeds the limit of this mailbox", MESSAGE),
    ("MAIL", "552 5.3.4 Message too big for system", MESSAGE),
    ("MAIL", "552 Message size exceeds maximum permitted", MESSAGE),
    ("the final dot", "550 5.7.1 Message rejected as spam", MESSAGE),
    ("the final dot", "550 5.7.1 message content rejected due to spam", MESSAGE),
    ("the final dot", "554 5.7.1 Our filter found a virus", MESSAGE),
    ("the final dot", "550 5.7.1 This message is likely unsolicited mail", MESSAGE),
    ("the final dot", "552 5.7.0 blocked because its content presents a potential security issue", MESSAGE),
    ("the final dot", "554 Transaction failed", MESSAGE),
    ("the final dot", "554 5.4.14 Hop count exceeded", MESSAGE),
    ("the final dot", "450 so be it", MESSAGE),
    # We: our name, host, address, login, account.
    ("RCPT", "554 5.7.1 <a@example.com>: Relay access denied", SENDER),
    ("the final dot", "554 5.2.0 STOREDRV.Submission.Exception:SubmissionQuotaExceededException", QUOTA),
    ("RCPT", "552 5.2.2 Sending quota exceeded", QUOTA),
    ("RCPT", "552 5.2.3 quota exceeded for sender", QUOTA),
    ("RCPT", "550 5.4.6 Unusual sending activity detected. Please try after sometime", QUOTA),
    ("RCPT", "550 Quota d'envoi journalier dépassé", QUOTA),
    ("RCPT", "550 Kontingent überschritten", QUOTA),
    ("RCPT", "550 relay not permitted", SENDER),
    ("RCPT", "550 5.7.1 Unable to relay for a@example.com", SENDER),
    ("RCPT", "550 5.7.64 TenantAttribution; Relay Access Denied", SENDER),
    ("RCPT", "553 sorry, that domain isn't in my list of allowed rcpthosts (#5.7.1)", SENDER),
    ("RCPT", "454 4.7.1 <a@example.com>: Relay access denied", SENDER),
    ("RCPT", "550 5.1.1 relaying denied", SENDER),
    ("RCPT", "504 5.5.2 <localhost>: Helo command rejected: need fully-qualified hostname", SENDER),
    ("RCPT", "450 4.7.1 <box>: Helo command rejected: Host not found", SENDER),
    ("RCPT", "550 5.7.1 Client host blocked using zen.example.org", SENDER),
    ("RCPT", "554 5.7.1 Service unavailable; Client host [192.0.2.1] blocked using zen.spamhaus.org", SENDER),
    ("RCPT", "450 4.7.25 Client host rejected: cannot find your hostname, [192.0.2.1]", SENDER),
    ("RCPT", "550 5.7.1 Your IP has been blacklisted", SENDER),
    ("the greeting", "554 5.7.1 No SMTP service here", SENDER),
    ("EHLO", "550 5.7.1 Access denied", SENDER),
    ("MAIL", "550 5.1.0 Sender rejected", SENDER),
    ("RCPT", "450 4.1.8 <alerts@example.com>: Sender address rejected: Domain not found", SENDER),
    ("RCPT", "553 5.7.1 <alerts@example.com>: Sender address rejected: not owned by user x", SENDER),
    ("RCPT", "550 5.1.8 Access denied, bad outbound sender", SENDER),
    ("RCPT", "550 Sender verify failed", SENDER),
    ("the final dot", "554 Message rejected: Email address is not verified.", SENDER),
    ("the final dot", "554 5.2.252 SendAsDenied; not allowed to send as alerts@example.com", SENDER),
    ("RCPT", "530 5.7.0 Authentication Required", SENDER),
    ("MAIL", "530 so be it", SENDER),
    ("MAIL", "530 5.7.0 Must issue a STARTTLS command first", SENDER),
    ("RCPT", "550 Please turn on SMTP Authentication in your mail client", SENDER),
    ("the final dot", "550 5.7.26 Unauthenticated email from example.com is not accepted", SENDER),
    ("the final dot", "550 5.7.23 SPF validation failed", SENDER),
    ("the final dot", "550 5.7.1 rejected due to the DMARC policy of example.com", SENDER),
    ("the final dot", "550 5.7.515 Access denied, sending domain does not pass", SENDER),
    ("RCPT", "550 5.7.1 TLS is required for this domain", SENDER),
    ("AUTH", "535 5.7.8 Error: authentication failed", SENDER),
    ("DATA", "550 Sending suspended for this account", SENDER),
    ("MAIL", "501 5.1.7 Bad sender address syntax", SENDER),
    # The server itself.
    ("RCPT", "450 4.3.2 Service currently unavailable", SERVER),
    ("RCPT", "450 4.3.2 system not accepting network messages", SERVER),
    ("the final dot", "451 4.3.0 Error: queue file write error", SERVER),
    ("RCPT", "451 4.3.0 <a@example.com>: Temporary lookup failure", SERVER),
    ("MAIL", "452 4.3.1 Insufficient system storage", SERVER),
    ("RCPT", "452 4.3.1 Insufficient system storage", SERVER),
    ("RCPT", "451 Requested action aborted: local error in processing", SERVER),
    ("RCPT", "421 4.3.2 Service shutting down", SERVER),
    ("the greeting", "421 so be it", SERVER),
    ("AUTH", "454 4.7.0 Temporary authentication failure", SENDER),
    # Too many connections.
    ("the greeting", "421 4.7.0 mail.example.com Error: too many connections from 192.0.2.1", CONNECTION),
    ("EHLO", "421 Too many concurrent SMTP connections from this IP address; please try again later", CONNECTION),
    ("MAIL", "421 4.4.5 Too many sessions", CONNECTION),
    ("the final dot", "432 4.3.2 Concurrent connections limit exceeded", CONNECTION),
    ("the greeting", "554 maximum number of connections reached", CONNECTION),
    # Quotas and rates.
    ("the final dot", "550 5.4.5 Daily user sending quota exceeded", QUOTA),
    ("the final dot", "454 Throttling failure: Maximum sending rate exceeded.", QUOTA),
    ("the final dot", "454 Throttling failure: Daily message quota exceeded.", QUOTA),
    ("MAIL", "454 4.7.0 Throttling", QUOTA),
    ("RCPT", "452 4.5.3 Too many recipients", QUOTA),
    ("RCPT", "452 4.5.3 Error: too many recipients", QUOTA),
    ("MAIL", "421 4.7.0 Try again later, closing connection.", QUOTA),
    ("the final dot", "421 4.7.28 Gmail has detected an unusual rate of email", QUOTA),
    ("the final dot", "550 5.7.28 unusual rate of unsolicited mail", QUOTA),
    ("RCPT", "451 4.7.500 Server busy. Please try again later", QUOTA),
    ("RCPT", "451 4.7.650 The mail server [192.0.2.1] has been temporarily rate limited", QUOTA),
    ("RCPT", "550 5.7.708 Access denied, traffic not accepted from this IP", QUOTA),
    ("RCPT", "450 4.7.1 Error: too much mail from 192.0.2.1", QUOTA),
    ("RCPT", "450 4.7.1 rate exceeded", QUOTA),
    ("RCPT", "450 4.7.1 <a@example.com>: Recipient address rejected: Policy Rejection- Quota Exceeded", QUOTA),
    ("the final dot", "451 Authentication failed: Maximum credits exceeded", QUOTA),
    ("MAIL", "550 Sender frequency limited", QUOTA),
    ("MAIL", "450 4.7.1 hourly limit reached", QUOTA),
    ("the final dot", "550 5.1.90 Your message can't be sent because you've reached your daily limit", QUOTA),
    # Refused, and the reply names no recipient.
    ("RCPT", "550 5.7.1 Access denied", OPEN),
    ("RCPT", "554 5.7.1 <a@example.com>: Recipient address rejected: Access denied", OPEN),
    ("RCPT", "550 Administrative prohibition", OPEN),
    ("the final dot", "550 5.7.1 rejected", OPEN),
    ("the final dot", "554 5.7.1", OPEN),
    ("the final dot", "554 Email not accepted for policy reasons", OPEN),
]


def test_a_reply_is_about() -> None:
    for verb, reply, about in REPLIES:
        code, _, text = reply.partition(" ")
        meaning = read(verb, int(code), text)
        assert meaning.about is about, (verb, reply)
        assert meaning.lasting == reply.startswith("5"), (verb, reply)


NUMBERS = [
    ("RCPT", "450 4.2.0 Service unavailable - try again later", RECIPIENT),  # greylisting, by its number
    *[("RCPT", f"{code} no", SENDER) for code in (530, 534, 535, 538)],
    # X.7 at RCPT is about the recipient; at other verbs the basic code says more.
    ("RCPT", "452 4.7.1 no", RECIPIENT),
    ("RCPT", "454 4.7.1 no", RECIPIENT),
    ("RCPT", "450 4.7.0 no", RECIPIENT),
    ("RCPT", "421 4.7.1 no", RECIPIENT),
    ("RCPT", "501 5.7.1 no", OPEN),
    ("DATA", "454 4.7.1 no", QUOTA),
    ("the final dot", "452 4.7.1 no", SERVER),
    ("DATA", "421 4.4.2 no", SERVER),
    ("RCPT", "452 4.4.5 no", QUOTA),
    ("RCPT", "554 5.3.0 no", MESSAGE),
    ("RCPT", "554 5.6.0 no", MESSAGE),
    ("the final dot", "452 no", SERVER),
    ("the final dot", "432 no", QUOTA),
    ("the final dot", "454 no", QUOTA),
    # 500 to 504: the server does not understand us, unless it was given a recipient.
    *[("the final dot", f"{code} no", SENDER) for code in (500, 501, 504)],
    ("the final dot", "505 no", MESSAGE),
    ("RCPT", "501 no", RECIPIENT),
    ("RCPT", "501 Administrative prohibition", OPEN),
    ("MAIL", "552 5.2.3 no", MESSAGE),
    ("MAIL", "501 5.1.3 no", SENDER),
    ("MAIL", "450 no", SERVER),
]


def test_where_words_say_nothing_the_numbers_do() -> None:
    for verb, reply, about in NUMBERS:
        code, _, text = reply.partition(" ")
        assert read(verb, int(code), text).about is about, (verb, reply)


def test_a_refusal_of_this_service_names_the_remedy() -> None:
    for verb, reply, about in REPLIES:
        code, _, text = reply.partition(" ")
        if about is SENDER:
            assert read(verb, int(code), text).advice, reply


@pytest.mark.parametrize(
    ("verb", "reply", "advice"),
    [
        ("MAIL", "550 no", "correct EMAIL_FROM, or verify it with the provider"),
        ("AUTH", "500 no", "check SMTP_USERNAME and SMTP_PASSWORD"),
        ("EHLO", "550 no", "check SMTP_HELO_NAME, SMTP_HOST and SMTP_PORT"),
        ("STARTTLS", "550 no", "check SMTP_STARTTLS, SMTP_HOST and SMTP_PORT"),
        ("the greeting", "550 no", "check SMTP_HOST and SMTP_PORT, and whether the server accepts this machine"),
        ("HELO", "550 no", None),
        ("RCPT", "550 5.7.60 no", FROM),
        ("RCPT", "550 5.1.8 no", FROM),
        ("RCPT", "530 no", LOGIN),
        ("MAIL", "550 5.7.25 no", HOST),
        ("the greeting", "421 no", None),
        ("RCPT", "550 no", None),
    ],
)
def test_the_advice_is_that_of_the_reply_or_else_of_the_verb(verb: str, reply: str, advice: str | None) -> None:
    code, _, text = reply.partition(" ")
    assert read(verb, int(code), text).advice == advice


@pytest.mark.parametrize(("code", "wait"), [(450, timedelta(minutes=5)), (550, None)])
def test_only_a_temporary_refusal_has_a_wait(code: int, wait: timedelta | None) -> None:
    assert read("RCPT", code, "4.2.0 greylisted for 5 minutes").retry_after == wait


@pytest.mark.parametrize(
    ("text", "enhanced", "words"),
    [
        ("5.7.1 Access denied", "5.7.1", "Access denied"),
        ("5.7.1 Access\n5.7.1  denied\n\n5.7.1", "5.7.1", "Access denied"),
        ("Access \n denied", "", "Access denied"),
        ("4.7.500", "4.7.500", ""),
        ("3.7.1 no", "", "3.7.1 no"),
        ("5.7.1234 no", "", "5.7.1234 no"),
        ("#5.7.1 no", "", "#5.7.1 no"),
        ("", "", ""),
    ],
)
def test_the_enhanced_code_stands_apart_from_the_words_of_all_lines(text: str, enhanced: str, words: str) -> None:
    assert split(text) == (enhanced, words)


@pytest.mark.parametrize("verb", ["the greeting", "EHLO", "STARTTLS", "AUTH", "MAIL"])
def test_nothing_is_about_a_recipient_before_one_is_named(verb: str) -> None:
    for code in (*range(400, 460), *range(500, 560)):
        for text in ("", "no", "5.1.1 user unknown", "4.2.0 greylisted", "5.7.1 rejected"):
            assert read(verb, code, text).about not in {RECIPIENT, OPEN}


@pytest.mark.parametrize(
    ("words", "seconds"),
    [
        ("try again in 300 seconds", 300),
        ("Greylisted for 5 minutes", 300),
        ("please come back in 00:04:59", 299),
        ("retry after 2h", 7_200),
        ("in 1:02:03", 3_723),
        ("for 2:30", 150),
        ("after 10:00 or 5 seconds", 600),
        ("Wait 90S", 90),
        ("1 m", 60),
        ("3 HOURS", 10_800),
        ("see 4.7.1 for more", None),
        ("100 mails", None),
        ("123456 seconds", None),
        ("", None),
    ],
)
def test_the_wait_that_a_server_asks_for_is_read(words: str, seconds: int | None) -> None:
    assert asked_wait(words) == (None if seconds is None else timedelta(seconds=seconds))
