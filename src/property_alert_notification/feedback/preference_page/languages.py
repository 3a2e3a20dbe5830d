"""Chooses the language of the page. Pure."""

from collections.abc import Iterator

from property_alert_notification.base.languages import SHOWN, primary
from property_alert_notification.feedback.preference_page.texts import TEXTS

DEFAULT = "en"

_LONGEST_HEADER = 512
"""Characters of an `Accept-Language` header that are read."""


def language_of(chosen: str | None, *known: str | None, accepted: str | None) -> str:
    """The language of the page: the first of these that it has.

    Args:
        chosen: the language that the switch on the page put into the link.
        known: BCP 47 tags of the user, from the preferences and from the profile.
        accepted: the `Accept-Language` header (RFC 9110, 12.5.4).
    """
    if chosen in TEXTS:
        return str(chosen)
    wanted = (*known, *_by_quality(accepted or ""))
    return next((language for tag in wanted if tag and (language := primary(tag)) in TEXTS), DEFAULT)


def in_language_of(tag: str | None, url: str) -> str:
    """The link to a page with one button: it opens in the language of the message that has the link.

    `tag` is the BCP 47 tag of its user. If it is not known, or this service has no words in it, the browser decides.
    """
    language = primary(tag or "")
    return f"{url}?lang={language}" if language in SHOWN else url


def _by_quality(header: str) -> Iterator[str]:
    ranges = [_range(part) for part in header[:_LONGEST_HEADER].split(",")]
    for tag, quality in sorted(ranges, key=lambda one: -one[1]):
        if quality > 0:
            yield tag


def _range(part: str) -> tuple[str, float]:
    tag, _, quality = part.partition(";q=")
    try:
        return tag.strip(), float(quality) if quality else 1.0
    except ValueError:
        return tag.strip(), 0.0
