"""Which words a user reads: a new language is one more table in `_WORDINGS`. Pure."""

from collections.abc import Mapping
from dataclasses import replace

from property_alert_notification.base.languages import primary
from property_alert_notification.homes.criteria.wording.english import ENGLISH
from property_alert_notification.homes.criteria.wording.form import Wording
from property_alert_notification.homes.criteria.wording.spanish import SPANISH

_WORDINGS: Mapping[str, Wording] = {"en": ENGLISH, "es": SPANISH}

_AMERICAN_SPANISH = replace(SPANISH, group=",", point=".", amount="{0}{1}")
_WITH_COMMAS = frozenset({"419", "DO", "GT", "HN", "MX", "NI", "PA", "PE", "PR", "SV", "US"})
"""The regions in which Spanish numbers are written as 650,000.50 (CLDR)."""


def wording_of(language: str | None) -> Wording:
    """The words for a user with this BCP 47 tag: English if theirs are not known."""
    found = _WORDINGS.get(primary(language or ""), ENGLISH)
    if found is SPANISH and _WITH_COMMAS & set((language or "").upper().split("-")):
        return _AMERICAN_SPANISH
    return found
