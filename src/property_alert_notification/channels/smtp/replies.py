"""Decides what a refusing SMTP reply is about. Pure.

A reply is read by its verb, its code, its enhanced code and its words. The first rule that fits decides:

1. enhanced codes that a large provider uses for one thing only;
2. the words: a server that explains itself is believed before its numbers, since most put everything into 5.7.1;
3. the enhanced code: RFC 3463, RFC 5248 and the IANA registry;
4. the verb and the basic code: RFC 5321, 4.2 and 4.3.2.

`meaning` lists what a reply can be about.

Sources: RFC 5321; RFC 3463; RFC 5248 and the registry https://www.iana.org/assignments/smtp-enhanced-status-codes;
RFC 4954 (AUTH), RFC 1870 (SIZE), RFC 6647 (greylisting), RFC 7372 (5.7.20 to 5.7.26), RFC 7505 (5.1.10); replies of
Postfix, Exim, Sendmail and qmail as their documentation has them; Gmail: support.google.com/a/answer/3726730; Exchange
Online: learn.microsoft.com, "NDR error codes in Exchange Online"; Amazon SES: docs.aws.amazon.com, "SMTP response codes
returned by Amazon SES"; reply patterns that KumoMTA's community collects (facts only).
"""

import re
from datetime import timedelta

from property_alert_notification.channels.smtp import phrase_match
from property_alert_notification.channels.smtp.meaning import (
    ACCOUNT,
    FROM,
    HOST,
    LOGIN,
    POLICY,
    RELAY,
    TLS,
    About,
    Meaning,
)
from property_alert_notification.channels.smtp.reply_text import own_words, split

BEFORE_ANY_MESSAGE = frozenset({"the greeting", "EHLO", "HELO", "STARTTLS", "AUTH"})

_WAIT = re.compile(r"\b(\d{1,5})\s*(s|sec|secs|seconds?|m|min|mins|minutes?|h|hours?)\b", re.IGNORECASE)
_CLOCK = re.compile(r"\b(?:in|for|after)\s+(?:(\d{1,2}):)?(\d{1,2}):(\d{2})\b", re.IGNORECASE)

UNSAID = "The server refuses one recipient after another and does not say why: ask the provider"
"""The advice when evidence, not words, shows that a refusal is about us."""

_ADVICE_IF_UNKNOWN = {
    "MAIL": "correct EMAIL_FROM, or verify it with the provider",
    "AUTH": "check SMTP_USERNAME and SMTP_PASSWORD",
    "EHLO": "check SMTP_HELO_NAME, SMTP_HOST and SMTP_PORT",
    "STARTTLS": "check SMTP_STARTTLS, SMTP_HOST and SMTP_PORT",
    "the greeting": "check SMTP_HOST and SMTP_PORT, and whether the server accepts this machine",
}

# 1. One meaning each, whatever the words: subject and detail of the enhanced code.
_EXACT: dict[str, tuple[About, str | None]] = {
    "1.1": (About.RECIPIENT, None),
    "1.2": (About.RECIPIENT, None),
    "1.3": (About.RECIPIENT, None),
    "1.6": (About.RECIPIENT, None),
    "1.10": (About.RECIPIENT, None),
    "1.90": (About.QUOTA, None),  # Exchange Online: recipients of one day
    "2.1": (About.RECIPIENT, None),
    "2.2": (About.RECIPIENT, None),
    "2.3": (About.MESSAGE, None),
    "3.4": (About.MESSAGE, None),
    "2.121": (About.RECIPIENT, None),  # Exchange Online: the recipient's receiving limit
    "2.122": (About.RECIPIENT, None),
    "5.3": (About.QUOTA, None),  # "too many recipients": we name one at a time, so it counts over time
    "7.2": (About.RECIPIENT, None),  # may not write to this list
    "7.8": (About.SENDER, LOGIN),
    "7.9": (About.SENDER, LOGIN),
    "7.10": (About.SENDER, TLS),
    "7.11": (About.SENDER, TLS),
    "7.13": (About.SENDER, ACCOUNT),
    "7.14": (About.SENDER, LOGIN),
    "7.17": (About.RECIPIENT, None),  # RFC 7293: the mailbox has another owner now
    "7.18": (About.RECIPIENT, None),
    **{f"7.{detail}": (About.SENDER, POLICY) for detail in (20, 21, 22, 23, 24, 26, 29)},
    "7.25": (About.SENDER, HOST),
    "7.27": (About.SENDER, FROM),  # RFC 7505: the sender's domain takes no mail
    "7.28": (About.QUOTA, None),  # Gmail: an unusual rate; RFC: mail flood
    "7.54": (About.SENDER, RELAY),
    "7.57": (About.SENDER, LOGIN),
    "7.60": (About.SENDER, FROM),
    "7.64": (About.SENDER, RELAY),
    "7.124": (About.RECIPIENT, None),  # Exchange Online: the group takes mail of its own people only
    "7.129": (About.RECIPIENT, None),
    "7.133": (About.RECIPIENT, None),
    "7.134": (About.RECIPIENT, None),
    "7.136": (About.RECIPIENT, None),
    "7.139": (About.SENDER, LOGIN),
    "7.232": (About.QUOTA, None),
    "7.233": (About.QUOTA, None),
    "7.515": (About.SENDER, POLICY),
    "7.705": (About.QUOTA, None),
    "7.708": (About.QUOTA, None),
    "7.750": (About.SENDER, FROM),
}

_CLOSING = 421
_BUSY = re.compile(r"7\.[56]\d\d")
"""Exchange Online: 4.7.500 to 4.7.699, "server busy", "access denied, please try again later"."""
_SENDER_DETAILS: dict[str, str | None] = {"1.7": FROM, "1.8": FROM}


def read(verb: str, code: int, text: str) -> Meaning:
    """What a reply means that is neither 2yz nor the expected one.

    `text` is the reply's text without its basic codes; it may begin with an enhanced code.
    """
    enhanced, words = split(text)
    words = own_words(words)
    detail = enhanced.partition(".")[2]
    about, advice = _read(verb, code, detail, words)
    if verb in BEFORE_ANY_MESSAGE or verb == "MAIL":
        about = _before_the_recipient(verb, code, detail, about, words)
        advice = advice or (_ADVICE_IF_UNKNOWN.get(verb) if about is About.SENDER else None)
    lasting = code // 100 == 5
    return Meaning(about, lasting, advice, None if lasting else asked_wait(words))


def asked_wait(words: str) -> timedelta | None:
    """The time after which the server asks us to come back, if it names one: `try again in 300 seconds`."""
    if found := _CLOCK.search(words):
        hours, minutes, seconds = (int(part or 0) for part in found.groups())
        return timedelta(hours=hours, minutes=minutes, seconds=seconds)
    if found := _WAIT.search(words):
        unit = {"s": "seconds", "m": "minutes", "h": "hours"}[found.group(2)[0].lower()]
        return timedelta(**{unit: int(found.group(1))})
    return None


def _read(verb: str, code: int, detail: str, words: str) -> tuple[About, str | None]:
    if detail in _EXACT and not _overrule(words, detail):
        return _EXACT[detail]
    rule = phrase_match.first_match(code, words)
    # "451 4.7.1 Service unavailable, try again later" is how some servers greylist: the number is more exact there.
    if rule is not None and not (rule.about is About.SERVER and verb == "RCPT" and detail[:2] in {"2.", "7."}):
        return rule.about, rule.advice
    if code in {530, 534, 535, 538}:  # "authenticate first", at any verb (RFC 4954, 6)
        return About.SENDER, LOGIN
    return _by_detail(verb, code, detail) or (_by_code(verb, code, words), None)


def _overrule(words: str, detail: str) -> bool:
    """Some servers say about us, in words, what their code says about the recipient."""
    if detail.startswith("1."):
        return phrase_match.blame_the_sender(words)
    return detail.startswith("2.") and phrase_match.name_our_quota(words)


def _by_detail(verb: str, code: int, detail: str) -> tuple[About, str | None] | None:
    if detail in _SENDER_DETAILS:
        return About.SENDER, _SENDER_DETAILS[detail]
    subject, first = detail.partition(".")[0], str(code)[0]
    about: About | None = None
    if subject in {"1", "2"}:
        about = About.RECIPIENT
    elif (subject == "3" and first == "4") or (subject == "4" and code == _CLOSING):
        about = About.SERVER
    elif subject in {"3", "6"}:
        about = About.MESSAGE
    elif subject == "4":
        about = About.QUOTA if detail == "4.5" else About.RECIPIENT
    elif subject == "7":
        about = _by_policy(verb, code, detail)
    return None if about is None else (about, None)


def _by_policy(verb: str, code: int, detail: str) -> About | None:
    """X.7: security or policy, into which servers put everything."""
    if code // 100 == 5:
        return About.OPEN
    if code == _CLOSING and detail == "7.0":  # Gmail: "421 4.7.0 Try again later, closing connection"
        return About.QUOTA
    if _BUSY.fullmatch(detail):
        return About.QUOTA
    return About.RECIPIENT if verb == "RCPT" else None


def _by_code(verb: str, code: int, words: str) -> About:
    if code in {_CLOSING, 452}:  # 452 is "insufficient system storage"
        return About.SERVER
    if code in {432, 454}:
        return About.QUOTA
    if 500 <= code <= 504 and verb != "RCPT":  # it does not understand us, whatever the message
        return About.SENDER
    if code // 100 == 5 and phrase_match.refuse(words):
        return About.OPEN
    return About.RECIPIENT if verb == "RCPT" else About.MESSAGE


def _before_the_recipient(verb: str, code: int, detail: str, about: About, words: str) -> About:
    """The server knows no recipient and no text yet; MAIL may name the size of the message."""
    if about in {About.SENDER, About.CONNECTION, About.QUOTA, About.SERVER}:
        return about
    if verb == "MAIL" and about is About.MESSAGE and (detail in {"2.3", "3.4"} or "size" in words.lower()):
        return about
    return About.SENDER if code // 100 == 5 else About.SERVER
