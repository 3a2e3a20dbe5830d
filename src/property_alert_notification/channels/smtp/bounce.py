"""Decides what a refusal says about the address. Pure.

A hard bounce means that the address takes no mail any more; a soft one, that it takes none for now. Most refusals are
neither: they are about the message, the sender, the server or a policy, and must not stop messages to the address.

`replies` decides first what the refusal is about. Only a refusal about the recipient can be a bounce, and it is a
hard one only if its enhanced code (RFC 3463) or its words say that the mailbox or its domain does not exist or was
closed: a full mailbox, a rate and a recipient's own policy pass.
"""

import re

from property_alert_notification.channels.callback import SuppressionCause
from property_alert_notification.channels.smtp import replies
from property_alert_notification.channels.smtp.meaning import About
from property_alert_notification.channels.smtp.reply_text import HIDDEN, own_words, split

_LONGEST = 1_000
"""Characters of a reply that are read: anybody can send a report."""
_GONE_CODES = frozenset({"1.1", "1.2", "1.3", "1.6", "1.10", "2.1", "7.17", "7.18"})
"""Subject and detail: bad mailbox, domain or syntax, moved away, null MX, disabled, has another owner (RFC 7293)."""
_UNKNOWN_TO_EXCHANGE = re.compile(r"recipient address rejected: access denied", re.IGNORECASE)
"""Exchange Online says 5.4.1 with these words when its directory does not have the recipient."""
_FULL_CODES = frozenset({"2.2", "2.121", "2.122", "3.1"})

_FULL = re.compile(
    r"\b(is|inbox|mail ?box|account|quota|speicher) full\b|\bfull (mail ?box|inbox)|mail ?box.{0,20}\bfull\b|quota"
    r"|over ?limit|(insufficient|out of|disk|not enough).{0,20}\b(space|storage)|storage|exceed|plein\b|voll\b|zuviele"
    r"|receiv\w{1,10} .{0,40}rate|too many (messages|mails)|gr[ea]y ?list"
    r"|temporar(y|ily)\b.{0,40}\b(reject|defer|fail)",
    re.IGNORECASE,
)
_NO_ROOM = re.compile(
    r"\bfull\b|\bquota\b|over ?limit|(insufficient|out of|disk|not enough).{0,20}\b(space|storage)|\bplein\b|voll\b",
    re.IGNORECASE,
)
_LATER = re.compile(r"\bfull\b|\bspace\b|try (again )?later|temporar", re.IGNORECASE)
_REFUSAL = re.compile(
    r"polic|prohibit|not (allowed|permitted|authori[sz]ed|accept|pre-?approved)|blocked|spam|black ?list(?!ed, or)"
    r"|white ?list|restrict|permission|protected by|(rejects?|refuses?|rejected|refused)\b.{0,40}\b(mail|message)"
    r"|(users?|recipients?|id) (rejects?|refuses?|(has|have) (rejected|refused))\b|only accept|known contact"
    r"|subscrib|unwanted|content|attachment|virus|unsolicited|wish|external|sender.{0,20}(reject|invalid|fail|denied)"
    r"|\b(helo|ehlo)\b",
    re.IGNORECASE,
)
"""The recipient, a filter or a policy refuses this message, or all messages of this sender."""
_PERHAPS = re.compile(
    r"confirm|verif(y|ied|ication)|moderat|private|preferences?\b|members?\b|sender|sending", re.IGNORECASE
)
"""Said of refusals, but also in the advice that servers add to any reply."""
_NEVER_GONE = re.compile(
    r"forgery|(allow|white|safe) ?list|address book|(sent|many).{0,40}unknown users|\bspam|virus|contents?\b",
    re.IGNORECASE,
)
"""Said about the message or its sender, also beside words that mean that nobody is there."""
_CLOSED = re.compile(r"null ?mx\b|(blocked|disabled|suspended).{0,30}\binactiv", re.IGNORECASE)
_OURS = re.compile(
    r"\b(your|sender.?s?|sending|source|client|envelope|mail|return|from|ip|reply-to)\b,? "
    r"((e-?mail|ip|mail|from|ms) )?(address|domain|account|user|mail ?box|host)\b|\bfrom (an? )?unknown user"
    r"|\b(address|domain|account|user)\b (in|of) (the )?(from|sender|mail from|envelope)\b|no valid recipients?"
    r"|no such (message|command|header)",
    re.IGNORECASE,
)
"""Words that name us, or nobody."""
_PERSON = (
    r"(users?|recipients?|rcpt|mail-?boxe?s?|mail box|accounts?|alias|addressee|person|customer"
    r"|utilisateur|destinataire|compte|bo[iî]te|usu[aá]rio|persona|destinat[aá]rio|cuenta|conta|buz[oó]n"
    r"|benutzer|empf(ä|ae)nger|nutzer|postfach|konto|utente|casella( di posta)?|odbiorca|gebruiker|användare"
    r"|пользователь|получатель|ящик|адрес)"
)
_WHO = rf"({_PERSON}|address(es)?|domain|dirección)"
_IS_GONE = (
    "unknown|invalide?|disabled|inactive|closed|deactivated|discontinued|suspend(ed)?|no longer|expired|unavailable"
    "|deleted|must exist|may not exist|undeliverable"
)
_IS_NOT = r"found|exist\w*|valid|available|active|known|recogni[sz]ed|on file|listed|local|present"
_DOES_NOT = r"(does|do|did) ?(n.?t|not) (appear to |seem to )?(exist|have|match|resolve|belong)"
_NO = "unknown|invalid|no such|no|bad|deactivated|disabled|non-?existent|not an? (active|valid|known|local)"
_ELSEWHERE = (
    "inconnu|inexistant|n.existe pas|desconocid|no existe|inexistente|desconhecid|n[aã]o existe|unbekannt"
    "|existiert nicht|nicht gefunden|sconosciut|inesistente|non esiste|nie istnieje|onbekend|bestaat niet|finns inte"
    "|не найден|не существует|неизвест"
)
"""The same in French, Spanish, Portuguese, German, Italian, Polish, Dutch, Swedish and Russian."""
_NOBODY = re.compile(
    rf"\b{_PERSON} (is |was |has been |name )?(unknown|not found|not known|not exist\w*|{_DOES_NOT})\b"
    rf"|\b(no such|unknown|non-?existent|invalid) (local )?{_PERSON}\b|\b{_PERSON} {_ELSEWHERE}",
    re.IGNORECASE,
)
"""The server says without doubt that nobody is there."""
_GONE = re.compile(
    "|".join(
        (
            rf"\b{_WHO}\b.{{0,60}}\b({_IS_GONE})\b",
            rf"\b{_WHO}\b.{{0,60}}\bnot\b.{{0,20}}\b({_IS_NOT})\b",
            rf"\b{_WHO}\b.{{0,60}}\b{_DOES_NOT}\b",
            rf"\b({_NO})\b.{{0,20}}\b{_WHO}\b",
            rf"\b{_WHO}\b.{{0,40}}\b({_ELSEWHERE})",
            rf"\b({_ELSEWHERE})\w*.{{0,30}}\b{_WHO}\b",
            "bad_recipient|badrcptto|no such|not our customer|unrouteable|unroutable|null ?mx|disableduser",
            r"\b(host|name|service) (or (service|domain name) )?(unknown|not known|not found)|\bunknown host\b",
            "mx records? point|no (smtp|mail) service|find any host|validrcptto|no mail for",
            r"^\W*<[^>]*>\W*not found",
            "no longer accepts mail|no one at this address",
        )
    ),
    re.IGNORECASE,
)
_BASIC_CODE = re.compile(r"(?<![\d.])([245]\d\d)(?=[ -]|$)")
_SAID = re.compile(r"(?:^\W*|[245]\d\d[ -]|#)([245])\.(\d{1,3}\.\d{1,3})(?![\d.])")
"""An enhanced code where servers write it: at the beginning, after the basic code, or as `#5.1.1`."""
_ENHANCED = re.compile(r"(?<![\d.])([245])\.(\d{1,3}\.\d{1,3})(?![\d.])")


def bounce_of(code: int, text: str, *, verb: str = "RCPT") -> SuppressionCause | None:
    """What a refusal of RCPT, or of a message for one recipient, says about the address; None is nothing.

    After the message was sent only a server that says without doubt that nobody is there speaks of its recipient.

    `text` is the reply's text without its basic codes; it may begin with an enhanced code. Only its beginning is read.
    """
    text = text[:_LONGEST]
    if replies.read("RCPT", code, text).about not in (About.RECIPIENT, About.OPEN):
        return None
    enhanced, words = split(text)
    detail, words = enhanced.partition(".")[2], _OURS.sub(HIDDEN, own_words(words))
    if code // 100 == 4 or enhanced.startswith("4") or detail in _FULL_CODES or _FULL.search(words):
        return SuppressionCause.SOFT_BOUNCE
    if _is_gone(detail, words):
        return SuppressionCause.HARD_BOUNCE
    return _of_doubtful(words) if verb == "RCPT" else None


def says_full(text: str) -> bool:
    """Whether a refusal says that the mailbox is full. `text` is as that of `bounce_of`."""
    enhanced, words = split(text[:_LONGEST])
    detail = enhanced.partition(".")[2]
    return detail in _FULL_CODES or _NO_ROOM.search(_OURS.sub(HIDDEN, own_words(words))) is not None


def _is_gone(detail: str, words: str) -> bool:
    """Whether the address takes no mail any more, whatever advice the server adds."""
    if detail == "4.1" and _UNKNOWN_TO_EXCHANGE.search(words):
        return True
    if _CLOSED.search(words):
        return True
    if detail in _GONE_CODES:
        return _REFUSAL.search(words) is None or _NOBODY.search(words) is not None
    return _NOBODY.search(words) is not None and not (_PERHAPS.search(words) or _NEVER_GONE.search(words))


def _of_doubtful(words: str) -> SuppressionCause | None:
    """A reply whose code says little, by the first kind of words that it has."""
    if _LATER.search(words):
        return SuppressionCause.SOFT_BOUNCE
    if _REFUSAL.search(words) or _PERHAPS.search(words) or _NEVER_GONE.search(words):
        return None
    return SuppressionCause.HARD_BOUNCE if _GONE.search(words) else None


def bounce_in_report(status: str, diagnostic: str) -> SuppressionCause | None:
    """The same of a report about a message that was not delivered (RFC 3464).

    Args:
        status: the field Status, such as `5.1.1`; empty if the report has none.
        diagnostic: the field Diagnostic-Code without its type; servers put whole replies and their own words into it.
    """
    diagnostic = diagnostic[:_LONGEST]
    enhanced = code_in_report(status, diagnostic)
    basic = _BASIC_CODE.search(diagnostic)
    code = int(basic.group(1)) if basic is not None else int(f"{enhanced[:1] or 5}50")
    # "550 4.4.7" is a message that waited too long.
    code = code - 100 if enhanced.startswith("4") and code // 100 == 5 else code
    words = " ".join(_ENHANCED.sub(" ", _BASIC_CODE.sub(" ", diagnostic)).split())
    said = "" if not enhanced or enhanced.endswith(".0.0") else f"{code // 100}{enhanced[1:]} "
    return bounce_of(code, f"{said}{words}")


def code_in_report(status: str, diagnostic: str) -> str:
    """The enhanced code that says the most, such as `5.1.1`; empty if there is none.

    The code in the server's own words is more exact than Status, which the reporting server has chosen, unless it is
    5.0.0.
    """
    found = [_SAID.search(diagnostic[:_LONGEST]), _ENHANCED.search(status[:_LONGEST])]
    codes = [f"{one.group(1)}.{one.group(2)}" for one in found if one is not None]
    return next((code for code in codes if not code.endswith(".0.0")), codes[0] if codes else "")
