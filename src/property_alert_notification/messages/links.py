"""Where a web address in plain text begins and ends, as a person reads it. Pure.

Written by hand: compared on the cases of tests/unit/messages/test_links.py, linkify-it-py 2.2 (2026-08) keeps closing
quotes and full-width punctuation in the address, links addresses with a user name in front of the host, and misses
addresses that follow Chinese or Japanese text without a space.
"""

import re
from collections.abc import Iterator

# Scripts that put no space between words: directly behind an ASCII letter or digit, the sentence goes on.
_UNSPACED = (
    "\u0e00-\u0eff\u0f00-\u0fff\u1000-\u109f\u1100-\u11ff\u1780-\u17ff\u3005-\u3007\u3040-\u30ff\u3130-\u318f"
    "\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff\uff10-\uff19\uff21-\uff3a\uff41-\uff5a\uff66-\uffdc"
    "\u2600-\u27bf\ufe0f\U0001f000-\U0001faff\U00020000-\U0003ffff"
)
# Never part of an address: quotes, brackets and punctuation beyond ASCII, invisible direction marks, and what RFC 3986
# leaves out of every URL. Kept are the dots inside Catalan and Japanese words and the dash of names.
_NEVER = (
    r"\s\x00-\x1f\x7f-\x9f<>\"\\`"
    "\u00a1\u00a7\u00ab\u00b6\u00bb\u00bf\u037e\u0589\u05be\u05c0\u05c3\u05f3\u05f4\u060c\u061b-\u061f\u066a-\u066d\u06d4"
    "\u0964\u0965\u0970\u0e2f\u0e5a\u0e5b\u104a\u104b\u1362-\u1368\u17d4-\u17da"
    "\u200b\u200e\u200f\u2014-\u2017\u2018\u201a-\u2026\u202a-\u202f\u2030-\u205e\u2060-\u206f\u2329\u232a\u2768-\u2775"
    "\u27e6-\u27ef\u2983-\u2998\u3000-\u3004\u3008-\u3020\u3030\u303d\ufe10-\ufe19\ufe30-\ufe6f\ufeff"
    "\uff01-\uff0f\uff1a-\uff20\uff3b-\uff40\uff5b-\uff65\ufffc\ufffd"
)
_WEB_ADDRESS = re.compile(
    r"(?<![A-Za-z0-9+])https?://"
    r"(?:"
    # What is always part of an address, so that the questions below are asked of the other characters only.
    r"[A-Za-z0-9/._~%&=?#:@!$*+-]++"
    rf"|(?!(?<=[A-Za-z0-9])[{_UNSPACED}])"
    # An apostrophe is inside a word, a closing quote after it.
    r"(?!\u2019(?![A-Za-z\u00c0-\u024f]))"
    # Another address begins; behind a slash or an equals sign it is a part of this one.
    r"(?![,;|()\[\]{}']https?://)"
    rf"[^{_NEVER}]"
    r")+",
    re.IGNORECASE,
)
_LABEL = r"[A-Za-z0-9_\-\x80-\U0010ffff]+"
# No user name before the host: "https://bank.example@evil.example/" leads to evil.example.
_AUTHORITY = re.compile(
    rf"https?://(?:{_LABEL}(?:\.{_LABEL})*\.?|\[[0-9A-Fa-f:.]+\])(?::[0-9]{{1,5}})?(?=[/?#]|\Z)", re.IGNORECASE
)
_BRACKETS = {")": "(", "]": "[", "}": "{"}
_ANY_BRACKET = re.compile(r"[()\[\]{}]")
_SENTENCE = ".,;:!?'*|\u2010\u2011\u2012\u2013\u2019\u301c"
_SAME_ON_BOTH_SIDES = "_~"


def find_links(line: str) -> Iterator[tuple[int, int]]:
    """Where each http or https address of a line begins and ends, from left to right.

    Punctuation at its end belongs to the sentence, and so does a bracket that it does not open or close.
    """
    if "://" not in line:  # most lines, and the check is quick
        return
    for found in _WEB_ADDRESS.finditer(line):
        url = _without_the_sentence(found.group(), line[found.start() - 1 : found.start()])
        if _AUTHORITY.match(url):
            yield found.start(), found.start() + len(url)


def _without_the_sentence(url: str, before: str) -> str:
    url = url[: _balanced(url)].rstrip(_SENTENCE)
    if before and before in _SAME_ON_BOTH_SIDES:
        url = url.rstrip(before).rstrip(_SENTENCE)
    return url


def _balanced(url: str) -> int:
    """The position of the first bracket without a partner inside `url`; its length when there is none."""
    open_at: list[int] = []
    for bracket in _ANY_BRACKET.finditer(url):
        at, sign = bracket.start(), bracket.group()
        if sign in "([{":
            open_at.append(at)
        elif not open_at or url[open_at[-1]] != _BRACKETS[sign]:
            return min([*open_at[:1], at])
        else:
            open_at.pop()
    return open_at[0] if open_at else len(url)
