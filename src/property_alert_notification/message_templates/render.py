"""Turns the title and message of a notification into what one channel carries."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import NamedTuple

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from property_alert_notification.message_templates import sms_segments
from property_alert_notification.vocabulary import Channel

_CONTROLS_AND_SPACE = re.compile(r"[\x00-\x1f\x7f-\x9f\s]+")
_BLANK_LINES = re.compile(r"\n\s*\n")
_URL = re.compile(r"""https?://[^\s<>"]+""", re.IGNORECASE)
_AFTER_A_URL = ".,;:!?'*_"


@dataclass(frozen=True, slots=True)
class Rendered:
    """A message as one channel carries it."""

    subject: str
    """One line without control characters."""
    text: str
    html: str | None = None


class _Piece(NamedTuple):
    text: str
    url: str | None = None


def render(channel: Channel, title: str, message: str, *, sms_max_segments: int = 3) -> Rendered:
    """What `channel` carries for this title and message.

    An email has the title as its subject and the message as text and as HTML; in an SMS both are one text, cut to
    `sms_max_segments`.
    """
    subject = _CONTROLS_AND_SPACE.sub(" ", title).strip()
    if channel is Channel.SMS:
        whole = "\n".join(part for part in (subject, message.strip()) if part)
        return Rendered(subject, sms_segments.cut(whole, sms_max_segments))
    return Rendered(subject, message, _email_template().render(title=subject, paragraphs=_paragraphs(message)))


@cache
def _email_template() -> Template:
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        auto_reload=False,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
    )
    return environment.get_template("email.html.jinja")


def _paragraphs(message: str) -> list[list[list[_Piece]]]:
    """Paragraphs of lines of pieces: a blank line ends a paragraph."""
    unified = message.replace("\r\n", "\n").replace("\r", "\n").strip()
    return [[list(_pieces(line)) for line in block.split("\n")] for block in _BLANK_LINES.split(unified)]


def _pieces(line: str) -> Iterator[_Piece]:
    """The line as plain text and links; only http and https become links."""
    end = 0
    for match in _URL.finditer(line):
        url = _without_the_sentence(match.group())
        yield _Piece(line[end : match.start()])
        yield _Piece(url, url)
        end = match.start() + len(url)
    yield _Piece(line[end:])


def _without_the_sentence(url: str) -> str:
    """Punctuation at the end belongs to the sentence around the address; so does a bracket that it does not open."""
    while url:
        if url[-1] in _AFTER_A_URL or (url[-1] == ")" and url.count(")") > url.count("(")):
            url = url[:-1]
        else:
            break
    return url
