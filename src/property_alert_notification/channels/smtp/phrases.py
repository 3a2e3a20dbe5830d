"""The phrases with which mail servers refuse, and what each is about.

The first rule with a phrase that the reply holds decides: special rules precede general ones. The phrases are
regular expressions, in any case of letters. `replies` names the sources.
"""

from typing import NamedTuple

from property_alert_notification.channels.smtp.meaning import (
    ACCOUNT,
    FROM,
    HOST,
    LOGIN,
    NAME,
    POLICY,
    RELAY,
    TLS,
    About,
)


class Rule(NamedTuple):
    """What replies are about that hold one of these phrases."""

    replies: str
    """First digits of the replies it is for."""
    about: About
    advice: str | None
    phrases: tuple[str, ...]


ANY, TEMPORARY, LASTING = "45", "4", "5"

_ADDRESSEE = "(user|recipient|mail ?box|account|address|alias|addressee|person|destination|domain|name)"

RULES = (
    Rule(ANY, About.RECIPIENT, None, ("gr[ea]y[ -]?list",)),
    Rule(
        ANY,
        About.RECIPIENT,
        None,
        (
            r"receiv\w* (mail|messages|email).{0,40}(rate|quick|fast|limit)",
            "(they|user|recipient) can receive",
            "too many (messages|mails|emails) (to|for) (this|the|that) (recipient|user|mailbox)",
        ),
    ),
    Rule(
        ANY,
        About.MESSAGE,
        None,
        (
            r"(message|mail|content|data|it)\b.{0,30}\btoo (large|big|long)",
            "exceeds?.{0,40}(message|mail|fixed|maximum) ?size",
            "(message|mail|content|maximum) (file )?size.{0,40}(exceed|limit|too)",
            "size limit",
        ),
    ),
    Rule(
        ANY,
        About.RECIPIENT,
        None,
        (
            r"(mail ?box|inbox|account|recipient('s)?(?! address))\b.{0,60}\b(full|over|storage|quota|too many)",
            "over ?quota",
            "disk quota",
            "storage allocation",
            r"quota exceeded \(mailbox",
            "quota violation",
        ),
    ),
    Rule(
        TEMPORARY,
        About.SERVER,
        None,
        (
            "insufficient (system )?(storage|resource)",
            r"(disk|queue|spool).{0,20}\bfull",
        ),
    ),
    Rule(
        ANY,
        About.CONNECTION,
        None,
        (
            "(many|maximum|max|limit|concurrent|simultaneous|parallel|number of).{0,40}(connect|connex|session)",
            r"(connect\w*|session\w*).{0,40}(limit|exceed|too many|maximum)",
        ),
    ),
    Rule(
        ANY,
        About.QUOTA,
        None,
        (
            "throttl",
            "rate[ -]?limit",
            r"\brate\b.{0,40}(exceed|limit|too|high)",
            "too (fast|quickly|frequent)",
            "unusual(ly)? (rate|volume|traffic|sending)",
            "frequency limited",
            "slow down",
            "unexpected volume",
            "too much mail",
            "mail flood",
            r"hourly|daily|\bjournali[eè]re?\b|\bkontingent\b|submission ?quota",
            "too many (messages|mails|emails|recipients|requests|rcpt|commands|errors|invalid)",
            r"(send\w*|messages?|e?mails?|account|recipients?|policy|users?)\b.{0,40}\b(quota|limits?|credits?)\b",
            r"(outgoing|outbound|submission|transmission)\b.{0,40}\b(quota|limits?)\b",
            r"(quota|limits?|credits?|allowance|maximum)\b.{0,40}(exceed|reached|exhaust|used up)",
            r"exceed\w*.{0,40}(quota|limit)",
            "server (is )?busy",
        ),
    ),
    Rule(
        ANY,
        About.SENDER,
        RELAY,
        (
            r"\brelay(ing)?\b.{0,60}(denied|permitted|allowed|prohibit|refus|reject|disabled|author)",
            r"\b(not|\w+n.t|unable to|no|cannot)\b.{0,20}\brelay",
            "rcpthosts",
            "local or authenticated",
        ),
    ),
    Rule(ANY, About.RECIPIENT, None, ("recipient address rejected: (need fully|domain not found|malformed|bad)",)),
    Rule(
        ANY,
        About.SENDER,
        FROM,
        (
            "sender address rejected",
            "sender (domain|address|mailbox)?.{0,50}(not|n.t|reject|denied|unknown|unverified|invalid|fail|block)",
            "(invalid|bad|unknown|unverified|unauthori[sz]ed|forged) (envelope )?(sender|from)",
            "not owned by",
            "(domain|address) of (the )?sender",
            "send ?as",
            "send on behalf",
            r"(address|identity|identities|domain)\b.{0,30}\bnot verified",
            "not (allowed|permitted|authori[sz]ed) to (send|use)",
            "(from|envelope) (address|domain|header)?.{0,30}(reject|must|not (allowed|authori[sz]ed|verified|match))",
            "sender policy",
        ),
    ),
    Rule(
        ANY,
        About.SENDER,
        NAME,
        (
            "fully[ -]?qualified",
            r"\b(helo|ehlo)\b.{0,60}(reject|invalid|denied|not|bad|fail|require|must)",
            "(invalid|bad) (helo|ehlo|host ?name)",
        ),
    ),
    Rule(
        ANY,
        About.SENDER,
        POLICY,
        (
            r"\bspf\b",
            r"\bdkim\b",
            r"\bdmarc\b",
            r"\bunauthenticated\b",
        ),
    ),
    Rule(
        ANY,
        About.SENDER,
        TLS,
        (
            r"(starttls|\btls\b|\bssl\b|encrypt\w*).{0,40}(requir|need|must|first|only)",
            "must issue a? ?starttls",
        ),
    ),
    Rule(ANY, About.SENDER, TLS, (r"\bcertificate\b",)),
    Rule(
        ANY,
        About.SENDER,
        LOGIN,
        (
            r"authenticat\w*.{0,30}(requir|need|fail|first|unsuccess|invalid)",
            "(must|please|need to|not).{0,20}authenticat",
            "log ?in first",
            "smtp auth",
            "credentials",
        ),
    ),
    Rule(
        ANY,
        About.SENDER,
        HOST,
        (
            "client host",
            "client (ip|address)",
            "spamhaus",
            "spamcop",
            "barracuda",
            r"\bsorbs\b",
            r"\bdnsbl\b",
            r"\brbls?\b",
            "blocked using",
            "(block|black|deny)[ -]?list",
            r"\breputation\b",
            "reverse (dns|host ?name|lookup)",
            r"\bptr\b",
            r"\brdns\b",
            r"(your|sending|the|this|from) (ip|host|network|(mail )?server)\b.{0,60}(block|list|reject|den|ban|refus)",
            "find your (reverse )?host ?name",
            "banned",
            "dynamic (ip|address)",
        ),
    ),
    Rule(
        ANY,
        About.SENDER,
        ACCOUNT,
        (
            r"your (account|subscription|domain|plan|organi[sz]ation|tenant)\b",
            "sending.{0,20}(suspend|disabled|paused|blocked)",
            "(payment|billing|unpaid|invoice)",
            "account.{0,40}(suspended for|sending)",
            r"not accepting mail from (you|us)\b",
        ),
    ),
    Rule(
        ANY,
        About.RECIPIENT,
        None,
        (
            rf"{_ADDRESSEE}\b.{{0,60}}(unknown|unavailable|invalid|disabled|inactive|closed|suspend|no longer|expired)",
            rf"{_ADDRESSEE}\b.{{0,60}}not (found|exist|valid|available|active|local|recogni[sz]ed|on file)",
            rf"{_ADDRESSEE}\b.{{0,60}}((does|do|did) ?(not|n.t)|cannot be verified)",
            rf"(unknown|invalid|no such|no|bad) (local |destination )?{_ADDRESSEE}",
            "no such",
            "not our customer",
            "unrouteable",
            "unroutable",
            "null mx",
            "disableduser",
            "undeliverable",
            "recipient.{0,60}(policy|prohibit)",
            r"sending to \(or from\)",
            "you are not allowed to (contact|e?mail)",
        ),
    ),
    Rule(
        LASTING,
        About.MESSAGE,
        None,
        (
            r"\bspam\b",
            "spamtext",
            "virus",
            "malware",
            "phish",
            r"\bcontents?\b",
            "attachment",
            "unsolicited",
            r"\bjunk",
            r"\burls?\b",
            r"\blinks?\b",
            r"\buribl\b",
            "header",
            "line (is )?too long",
            "malformed",
            r"\bmime\b",
            "looping",
            "hop count",
            "too many hops",
            "mail ?loop",
            "bare (lf|cr|newline)",
            "duplicate",
        ),
    ),
    Rule(
        TEMPORARY,
        About.SERVER,
        None,
        (
            "system",
            "local (error|problem|policy server)",
            "internal",
            "service (is )?(un|not )available",
            "shutting down",
            "maintenance",
            "queue file",
            "lookup (failure|error)",
            "temporary (lookup|local|server|system|internal)",
            r"resources?\b",
            "out of memory",
            "not accepting (messages|mail|network)",
            "disk",
            "database",
            "overload",
            r"\bload\b",
            "server (configuration )?(error|problem)",
        ),
    ),
)
