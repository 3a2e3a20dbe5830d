"""Which words a user reads: a new language is one more table in `_WORDINGS`. Pure."""

from collections.abc import Mapping
from dataclasses import replace

from property_alert_notification.base.languages import shown_locale
from property_alert_notification.homes.criteria.wording.english import ENGLISH
from property_alert_notification.homes.criteria.wording.form import Wording
from property_alert_notification.homes.criteria.wording.spanish import SPANISH

_WORDINGS: Mapping[str, Wording] = {
    "en": ENGLISH,
    "es": SPANISH,
    "es-419": replace(SPANISH, group=",", point=".", amount="{0}{1}"),
}
"""By `shown_locale`."""


def wording_of(language: str | None) -> Wording:
    """The words for a user with this BCP 47 tag: English if theirs are not known."""
    return _WORDINGS[shown_locale(language)]
