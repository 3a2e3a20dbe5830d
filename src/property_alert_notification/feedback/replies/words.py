"""Reads the words by which people stop and restart messages. Pure.

A carrier and most providers act on a message that consists of one such word. People write more: a signature, a
`please`, letters of another width. What consists of a word and of fillers only is that word; what merely looks like a
refusal is marked for a person, because "stop by at five?" must not stop messages.

Sources: https://www.twilio.com/docs/messaging/tutorials/advanced-opt-out,
https://www.twilio.com/docs/proxy/opt-out-keywords,
https://docs.aws.amazon.com/sms-voice/latest/userguide/keywords-required.html, CTIA Messaging Principles and Best
Practices, 47 CFR 64.1200(a)(10)
"""

import re
import unicodedata
from enum import StrEnum
from itertools import takewhile


class Word(StrEnum):
    """What a message means."""

    STOP = "stop"
    START = "start"
    HELP = "help"
    CONFIRM = "confirm"
    """The user confirms an opt-in."""
    OTHER = "other"
    """None of these: a person reads it."""


_WORDS = {
    **dict.fromkeys(
        ("stop", "stopall", "stop all", "unsubscribe", "cancel", "end", "quit", "revoke", "optout", "opt out"),
        Word.STOP,
    ),
    **dict.fromkeys(("remove", "td", "arret", "arrete", "arreter", "arrett"), Word.STOP),
    **dict.fromkeys(("baja", "alto", "cancelar", "parar"), Word.STOP),
    **dict.fromkeys(("start", "unstop"), Word.START),
    **dict.fromkeys(("yes", "si", "oui"), Word.CONFIRM),
    **dict.fromkeys(("help", "info", "aide", "ayuda"), Word.HELP),
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
            "plz",
            "receiving",
        ),
        *(
            "sending",
            "thank",
            "thanks",
            "thx",
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
        *("maintenant", "merci", "sil", "s", "il", "vous", "plait", "svp"),
    }
)
_REFUSAL = re.compile(
    r"\bst[o0]p+\d?\b|\bunsu[bs]|\bopt(ed|ing)?( \w+){0,3} ?out\b|\bopt (me|us|this)\b|\bcancel"
    r"|\b(remove|delete|revoke|unregister|dnc)\b|\btake (me|my|this) .{0,20}\boff\b"
    r"|\b(lose|erase|forget) (my|this) number\b"
    r"|\b(do not|don ?t|dont|never|quit|no longer)\b.{0,20}\b(text|contact|message|msg|call|send|write|want|sms)"
    r"|\b(do not|don ?t|dont) (disturb|bother)\b"
    r"|\bno more\b|\bleave (me|us) alone\b|\bgo away\b|\b(fuck|piss) (off|you)\b|\bwrong (number|person)\b"
    r"|\bnot interested\b|\bno thank|\bspam|\bharass|\bno gracias\b|\bnon merci\b"
    r"|\bno mas\b|\bno molest|\bde baja\b|\bdesuscri|\bdeten(er|ga|gan|te)\b|\bpar(a|e|en) (ya|de)\b|\bsalir\b"
    r"|\bno (me|nos) (\w+ ){0,2}(envi|escrib|mand|molest|llam|text|contact)|\bdej(e|en|a|ar) de\b|\bbasta\b"
    r"|\bdej\w*(me|nos) en paz\b|\bno (quiero|deseo)\b|\b(elimin|borr|quit)\w*me\b|\bnumero equivocado\b"
    r"|\barret\w*\b|\bplus de (messages?|sms|textos?)\b|\bdesabonn|\bdesinscri|\bne m ?\w+ plus\b"
    r"|^(enough|end all|quit it|ya no|sair|huy)\b|\b(detengan|parar|pare|remover|abmelden|abbestellen|loschen)\b"
    r"|\bkeine (sms|nachricht)|ctoп|otп|停止|退订|取消|拒收"
    r"|\blaisse[rz]? (moi|nous) tranquilles?\b|\b(retire|supprime|enleve)[rz]? (moi|mon)\b"
)
_SIGNS_OF_REFUSAL = re.compile("[\N{OCTAGONAL SIGN}\N{NO ENTRY}\N{NO ENTRY SIGN}\N{RAISED HAND}]")
_INVISIBLE = re.compile("[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\ufe00-\ufe0f\U000e0100-\U000e01ef]")
"""Signs that show nothing and are no format characters (Default_Ignorable_Code_Point in Unicode)."""
_SAME_SHAPE = str.maketrans("аеорсухіѕтмнквαοτρε", "aeopcyxistmhkbaotpe")
"""Cyrillic and Greek letters that look like Latin ones, as in a word that a filter must not read."""
_SIGNATURES = ("sent from my ", "sent from outlook", "get outlook for ", "enviado desde mi ", "envoye de mon ")
"""How lines begin that programs add to a message."""
_LONGEST = 2_000


def read(text: str) -> Word:
    """The meaning of a message, whatever its case, punctuation, blanks, accents and invisible characters.

    Only words that stop and mean nothing else count also as the first of several lines: "End" and "of story" are one
    sentence.
    """
    written = list(takewhile(lambda line: line.rstrip() != "--", text[:_LONGEST].splitlines()))
    lines = [line for line in map(plain, written) if line]
    while lines and f"{lines[-1]} ".startswith(_SIGNATURES):
        lines.pop()
    if (word := _WORDS.get(" ".join(lines)) or _WORDS.get(plain(text))) is not None:
        return word
    whole = " ".join(lines)
    return Word.STOP if any(map(_is_unmistakable, (whole, *lines[:1]))) else Word.OTHER


def looks_like_refusal(text: str) -> bool:
    """Whether a person should decide soon if the sender wants no more messages."""
    return bool(_REFUSAL.search(plain(text)) or _SIGNS_OF_REFUSAL.search(text[:_LONGEST]))


def plain(text: str) -> str:
    """The words of a text in small letters without accents, with one blank between them."""
    compatible = unicodedata.normalize("NFKC", text[:_LONGEST])
    visible = "".join(sign for sign in _INVISIBLE.sub("", compatible) if unicodedata.category(sign) != "Cf")
    bare = "".join(sign for sign in unicodedata.normalize("NFD", visible.casefold()) if not unicodedata.combining(sign))
    bare = bare.translate(_SAME_SHAPE)
    words = "".join(sign if sign.isalnum() else " " for sign in bare).split()
    spelled = len(words) > 1 and all(len(word) == 1 for word in words)  # S.T.O.P.
    return ("" if spelled else " ").join(words)


def _is_unmistakable(line: str) -> bool:
    return any(
        f"{line} ".startswith(f"{word} ") and set(line.removeprefix(word).split()) <= _FILLERS | {word}
        for word in _UNMISTAKABLE
    )
