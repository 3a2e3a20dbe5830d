"""Languages by their BCP 47 tags (RFC 5646). Pure."""

import re
from collections.abc import Mapping
from typing import TypeVar

_TAG = re.compile(
    r"""
    [a-z]{2,3} (-[a-z]{3}){0,3}                 # the language, and extended ones
    (-[a-z]{4})?                                # its script
    (-(?:[a-z]{2}|[0-9]{3}))?                   # its region
    (-(?:[a-z0-9]{5,8}|[0-9][a-z0-9]{3}))*      # variants
    (-[0-9a-wy-z](?:-[a-z0-9]{2,8})+)*          # extensions
    (-x(?:-[a-z0-9]{1,8})+)?                    # for private use
    """,
    re.VERBOSE | re.IGNORECASE | re.ASCII,
)


def normalised(tag: str) -> str:
    """The tag as RFC 5646, 2.1.1 recommends to write it: `es-MX`, `zh-Hant-TW`.

    Raises:
        ValueError: it is no well-formed tag.
    """
    if not _TAG.fullmatch(tag):
        raise ValueError("must be a BCP 47 language tag, for example en or es-MX")
    first, *others = tag.lower().split("-")
    written = [first]
    for part in others:
        within_extension = any(len(before) == 1 for before in written)
        written.append(part if within_extension else _in_its_case(part))
    return "-".join(written)


def _in_its_case(part: str) -> str:
    if len(part) == 2:
        return part.upper()
    return part.title() if len(part) == 4 and part.isalpha() else part


SHOWN = ("en", "es")
"""The languages of our own words to users: pages, and the footers of messages."""


def primary(tag: str) -> str:
    """The language of a tag without its region and script: `es` of `es-MX`."""
    return tag.partition("-")[0].lower()


_AMERICAN_SPANISH = "es-419"
_WITH_COMMAS = frozenset({"419", "DO", "GT", "HN", "MX", "NI", "PA", "PE", "PR", "SV", "US"})
"""The regions in which Spanish numbers are written as 650,000.50 (CLDR)."""

_Texts = TypeVar("_Texts")


def shown_locale(tag: str | None) -> str:
    """The language in which a user with this BCP 47 tag reads our words, and how its numbers are written."""
    language = shown_language(tag)
    if language == "es" and _WITH_COMMAS & set((tag or "").upper().split("-")):
        return _AMERICAN_SPANISH
    return language


def in_language(texts: Mapping[str, _Texts], tag: str | None) -> _Texts:
    """Those of the texts that a user with this BCP 47 tag reads; `texts` has all languages of `SHOWN`."""
    return texts[shown_language(tag)]


def shown_language(tag: str | None) -> str:
    """The language in which a user with this BCP 47 tag reads our words."""
    language = primary(tag or "")
    return language if language in SHOWN else SHOWN[0]
