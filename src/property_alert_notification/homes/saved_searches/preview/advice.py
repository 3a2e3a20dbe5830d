"""Says which condition of a search to loosen or to narrow, in the language of the user. Pure."""

from property_alert_notification.base.languages import in_language
from property_alert_notification.homes.criteria.formats import plain
from property_alert_notification.homes.criteria.sentence import phrase
from property_alert_notification.homes.criteria.wording.languages import wording_of
from property_alert_notification.homes.saved_searches.preview.outcome import Outcome
from property_alert_notification.homes.saved_searches.words import SearchWarning

_NOTHING = {
    "en": "Nothing matches. Loosen “{condition}”: without it {count} would match.",
    "es": "No hay resultados. Amplíe «{condition}»: sin esta condición habría {count}.",
}
_NOTHING_AT_ALL = {
    "en": "Nothing matches, whichever single condition is left out. Loosen several.",
    "es": "No hay resultados, ni siquiera sin una de las condiciones. Amplíe varias.",
}
_TOO_MANY = {
    "en": "{matching} match. Narrow “{condition}”: without it {count} would match, so it leaves out the fewest.",
    "es": "Hay {matching} resultados. Restrinja «{condition}»: sin esta condición habría {count}; es la que menos "
    "excluye.",
}
_NO_CONDITION = {
    "en": "{matching} match. Add a condition.",
    "es": "Hay {matching} resultados. Añada una condición.",
}


def advice(outcome: Outcome, language: str) -> str | None:
    """The advice for a search that matches nothing or too much; None for another."""
    if not outcome.warnings:
        return None
    words = wording_of(language)
    matching = plain(outcome.matching, words)
    is_nothing = SearchWarning.MATCHES_NOTHING in outcome.warnings
    if (advised := outcome.advised) is None:
        return in_language(_NOTHING_AT_ALL if is_nothing else _NO_CONDITION, language).format(matching=matching)
    condition, count = advised
    sentence = in_language(_NOTHING if is_nothing else _TOO_MANY, language)
    return sentence.format(condition=phrase(condition, language), count=plain(count, words), matching=matching)
