"""Renders the title and message of a notification for one channel."""

import re
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple, cast
from unicodedata import bidirectional

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from property_alert_notification.messages import sms_segments
from property_alert_notification.messages.content import MessageContent
from property_alert_notification.messages.footer import Footer, footer_of, list_headers
from property_alert_notification.messages.links import find_links

_CONTROLS_AND_SPACE = re.compile(r"[\x00-\x1f\x7f-\x9f\s]+")
_PHONE_NUMBER = re.compile(r"\+?\(?[0-9](?:[ ().-]{0,2}[0-9]){5,}")
_BLANK_LINES = re.compile(r"\n\s*\n")


class Rendered(NamedTuple):
    """A message as one channel carries it."""

    subject: str
    """One line without control characters."""
    text: str
    html: str | None = None
    headers: tuple[tuple[str, str], ...] = ()
    """Names and values of the headers, for channels that have headers."""
    cut: str | None = None
    """How much of the message did not fit into it, in words; None when all did."""


class _Piece(NamedTuple):
    text: str
    url: str | None = None
    is_number: bool = False
    """A phone number inside right-to-left text, which would move its plus sign to the other end."""


class _Line(NamedTuple):
    pieces: list[_Piece]
    is_last: bool
    """Whether it is the last line of its paragraph."""


class _Paragraph(NamedTuple):
    lines: list[_Line]
    is_rtl: bool
    """Whether it is read from right to left. Explicit, because Outlook does not know `dir="auto"`."""


def render_sms(content: MessageContent, *, max_segments: int) -> Rendered:
    """Title and message as one text, cut to this number of segments. Its first link is kept."""
    whole = sms_text(content.title, content.message)
    text = sms_segments.cut(whole, max_segments, next(_links(whole), None))
    return Rendered(_one_line(content.title), text, cut=None if text == whole else _cut_in_words(text, whole))


def render_email(content: MessageContent) -> Rendered:
    """The title as the subject, and the message as text and as HTML."""
    subject, paragraphs = _one_line(content.title), _paragraphs(content.message)
    if content.links is None:
        html = str(_email_macro()(subject, is_rtl(subject), paragraphs, None))
        return Rendered(subject, content.message, html, _EMAIL_HEADERS)
    footer = footer_of(content.links)
    html = str(_email_macro()(subject, is_rtl(subject), paragraphs, footer))
    text = f"{content.message.rstrip()}\n\n{footer.text}".lstrip("\n")
    return Rendered(subject, text, html, (*_EMAIL_HEADERS, *list_headers(content.links)))


_EMAIL_HEADERS = (("Auto-Submitted", "auto-generated"),)
"""Asks mail programs for no automatic reply (RFC 3834)."""


def sms_text(title: str, message: str) -> str:
    """The whole text of an SMS, in plain characters if that makes it cheaper and changes no link."""
    text = "\n".join(part for part in (_one_line(title), message.strip()) if part)
    plain = sms_segments.as_plain(text)
    return plain if plain == text or all(link in plain for link in _links(text)) else text


def _links(text: str) -> Iterator[str]:
    return (line[start:end] for line in text.splitlines() for start, end in find_links(line))


def _cut_in_words(text: str, whole: str) -> str:
    segments = sms_segments.measure(text).segments
    return f"cut to {segments} {'segment' if segments == 1 else 'segments'}, {len(text):,} of {len(whole):,} characters"


def _one_line(title: str) -> str:
    return _CONTROLS_AND_SPACE.sub(" ", title).strip()


@cache
def _email_macro() -> Callable[[str, bool, list[_Paragraph], Footer | None], str]:
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        auto_reload=False,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
    )
    template = vars(environment.get_template("email.html.jinja").module)
    return cast(Callable[[str, bool, list[_Paragraph], Footer | None], str], template["email"])


def is_rtl(text: str) -> bool:
    """Whether the first letter with a direction is Hebrew, Arabic or of another script written from right to left."""
    return not text.isascii() and next(filter(None, map(_DIRECTIONS.get, map(bidirectional, text))), "ltr") == "rtl"


_DIRECTIONS = {"L": "ltr", "R": "rtl", "AL": "rtl"}


def _paragraphs(message: str) -> list[_Paragraph]:
    """Paragraphs of lines of pieces: a blank line ends a paragraph."""
    unified = message.replace("\r\n", "\n").replace("\r", "\n").strip()
    blocks = _BLANK_LINES.split(unified)
    if not _has_rtl(unified):  # nearly all messages: asked once, not of each paragraph
        return [_Paragraph(_lines([_pieces(line) for line in block.split("\n")]), is_rtl=False) for block in blocks]
    return [_paragraph(block) for block in blocks]


def _paragraph(block: str) -> _Paragraph:
    lines = [_pieces(line) for line in block.split("\n")]
    if not _has_rtl(block):
        return _Paragraph(_lines(lines), is_rtl=False)
    apart = [[part for piece in line for part in _with_numbers_apart(piece)] for line in lines]
    return _Paragraph(_lines(apart), is_rtl(block))


def _lines(several: list[list[_Piece]]) -> list[_Line]:
    lines = [_Line(pieces, is_last=False) for pieces in several]
    lines[-1] = _Line(several[-1], is_last=True)
    return lines


# The blocks of Unicode for scripts that are written from right to left.
_MAY_BE_RTL = re.compile("[\u0590-\u08ff\u200f\ufb1d-\ufdff\ufe70-\ufeff\U00010800-\U00010fff\U0001e800-\U0001efff]+")


def _has_rtl(text: str) -> bool:
    """Whether any character is of a script that is written from right to left."""
    if text.isascii() or _is_western(text):
        return False
    return any(bidirectional(sign) in ("R", "AL") for found in _MAY_BE_RTL.findall(text) for sign in found)


def _is_western(text: str) -> bool:
    """Whether all characters are of a code page without such scripts, which a codec tells much faster than a search."""
    try:
        text.encode("cp1252")
    except UnicodeEncodeError:
        return False
    return True


def _pieces(line: str) -> list[_Piece]:
    """The line as plain text and links; only http and https become links."""
    if "://" not in line:
        return [_Piece(line)] if line else []
    pieces: list[_Piece] = []
    end = 0
    for start, stop in find_links(line):
        if end < start:
            pieces.append(_Piece(line[end:start]))
        pieces.append(_Piece(line[start:stop], line[start:stop]))
        end = stop
    if end < len(line):
        pieces.append(_Piece(line[end:]))
    return pieces


def _with_numbers_apart(piece: _Piece) -> Iterator[_Piece]:
    if piece.url is not None:
        yield piece
        return
    end = 0
    for number in _PHONE_NUMBER.finditer(piece.text):
        yield _Piece(piece.text[end : number.start()])
        yield _Piece(number.group(), is_number=True)
        end = number.end()
    yield _Piece(piece.text[end:])
