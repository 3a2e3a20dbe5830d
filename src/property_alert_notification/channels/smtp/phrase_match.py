"""Finds the rule whose phrases an SMTP reply holds. Pure."""

import re

from property_alert_notification.channels.smtp.meaning import About
from property_alert_notification.channels.smtp.phrases import RULES, Rule

_COMPILED = [(rule, re.compile("|".join(rule.phrases), re.IGNORECASE)) for rule in RULES]

_REFUSAL = re.compile(
    "den(y|ied)|block|reject|refus|not (be )?(allowed|permitted|accepted|welcome)|polic|prohibit|admin|security"
    "|forbidden|unauthori[sz]ed|disallow",
    re.IGNORECASE,
)

_OUR_QUOTA = re.compile(
    r"\b(send\w*|submission|outgoing|outbound|hourly|daily)\b.{0,40}(quota|limit)"
    r"|(quota|limit)\b.{0,40}\b(for|of|by) (the |this |your )?(sender|account)|submission ?quota|quota d.envoi",
    re.IGNORECASE,
)


def first_match(code: int, words: str) -> Rule | None:
    """The first rule that is for replies with this code and has a phrase in these words; None when no rule does."""
    first = str(code)[0]
    return next((rule for rule, pattern in _COMPILED if first in rule.replies and pattern.search(words)), None)


def blame_the_sender(words: str) -> bool:
    """Whether any rule about the sender matches, not only the first."""
    return any(rule.about is About.SENDER and pattern.search(words) for rule, pattern in _COMPILED)


def refuse(words: str) -> bool:
    """Whether the words mean a refusal."""
    return _REFUSAL.search(words) is not None


def name_our_quota(words: str) -> bool:
    """Whether the words mean the quota of the one who sends, not the full mailbox of the recipient."""
    return _OUR_QUOTA.search(words) is not None
