"""Reads the words by which people stop and restart messages. Pure.

A carrier and most providers act on a message that consists of one such word. People write more: a signature, a
`please`, letters of another width. What consists of a word and of fillers only is that word; what merely looks like a
refusal is marked for a person, because "stop by at five?" must not stop messages.

Sources: https://www.twilio.com/docs/messaging/tutorials/advanced-opt-out, 47 CFR 64.1200(a)(10)
"""

import re
import unicodedata
from enum import StrEnum


class Word(StrEnum):
    """What a message means."""

    STOP = "stop"
    START = "start"
    HELP = "help"
    OTHER = "other"
    """None of these: a person reads it."""


_WORDS = {
    **dict.fromkeys(
        ("stop", "stopall", "stop all", "unsubscribe", "cancel", "end", "quit", "revoke", "optout", "opt out"),
        Word.STOP,
    ),
    **dict.fromkeys(("arret", "arreter", "baja", "alto"), Word.STOP),
    **dict.fromkeys(("start", "unstop"), Word.START),
    **dict.fromkeys(("help", "info"), Word.HELP),
}
_UNMISTAKABLE = ("stopall", "stop all", "unsubscribe", "optout", "opt out", "stop", "arret", "baja")
"""These may be followed by fillers; `end`, `cancel` and the others begin too many other sentences."""
_FILLERS = frozenset(
    {
        *(
            "all",
            "any",
            "at",
            "from",
            "immediately",
            "it",
            "list",
            "me",
            "my",
            "now",
            "of",
            "please",
            "pls",
            "receiving",
        ),
        *(
            "sending",
            "thank",
            "thanks",
            "the",
            "these",
            "this",
            "to",
            "you",
            "everything",
            "number",
            "updates",
            "alerts",
        ),
        *("messages", "message", "msg", "msgs", "sms", "text", "texting", "texts", "txt", "txts", "notifications"),
        *("ahora", "favor", "gracias", "mensajes", "por", "todo", "todos"),
        *("maintenant", "merci", "sil", "s", "il", "vous", "plait"),
    }
)
_REFUSAL = re.compile(
    r"\bstop\b|\bunsubscri|\bopt(ed|ing)? ?out\b|\bremove (me|my|this)\b|\btake (me|my|this) .{0,20}\boff\b|\bcancel\b"
    r"|\b(do not|don ?t|dont|never|quit|no longer)\b.{0,20}\b(text|contact|message|msg|call|send|write|want|sms)"
    r"|\bno more\b|\bleave me alone\b|\bwrong (number|person)\b|\bnot interested\b|\bspam\b|\bharass"
    r"|\bno mas\b|\bno (me|nos) (\w+ ){0,2}(envi|escrib|mand|molest|llam|text|contact)|\bdej(e|en|a|ar) de\b|\bbasta\b"
    r"|\bno (quiero|deseo)\b|\bdar(me|se)? de baja\b|\b(elimin|borr|quit)\w*me\b|\bnumero equivocado\b"
    r"|\barret\w*\b|\bplus de (messages|sms|textos?)\b|\bdesabonn|\bdesinscri|\bne m ?\w+ plus\b"
)
_SIGNATURES = ("sent from my ", "sent from outlook", "get outlook for ", "enviado desde mi ", "envoye de mon ")
"""How lines begin that programs add to a message."""
_LONGEST = 2_000


def read(text: str) -> Word:
    """The meaning of a message, whatever its case, punctuation, blanks, accents and invisible characters.

    Only words that stop and mean nothing else count also as the first of several lines: "End" and "of story" are one
    sentence.
    """
    lines = [line for line in map(plain, text[:_LONGEST].splitlines()) if line]
    while lines and f"{lines[-1]} ".startswith(_SIGNATURES):
        lines.pop()
    if (word := _WORDS.get(" ".join(lines)) or _WORDS.get(plain(text))) is not None:
        return word
    whole = " ".join(lines)
    return Word.STOP if any(map(_is_unmistakable, (whole, *lines[:1]))) else Word.OTHER


def looks_like_refusal(text: str) -> bool:
    """Whether a person should decide soon if the sender wants no more messages."""
    return _REFUSAL.search(plain(text)) is not None


def plain(text: str) -> str:
    """The words of a text in small letters without accents, with one blank between them."""
    compatible = unicodedata.normalize("NFKC", text[:_LONGEST])
    visible = "".join(sign for sign in compatible if unicodedata.category(sign) != "Cf")
    bare = "".join(sign for sign in unicodedata.normalize("NFD", visible.casefold()) if not unicodedata.combining(sign))
    words = "".join(sign if sign.isalnum() else " " for sign in bare).split()
    spelled = len(words) > 2 and all(len(word) == 1 for word in words)  # S.T.O.P.
    return ("" if spelled else " ").join(words)


def _is_unmistakable(line: str) -> bool:
    return any(
        f"{line} ".startswith(f"{word} ") and set(line.removeprefix(word).split()) <= _FILLERS | {word}
        for word in _UNMISTAKABLE
    )
