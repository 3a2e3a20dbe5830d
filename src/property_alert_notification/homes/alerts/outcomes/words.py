"""What may have become of a change, as `explain` and `backtest` answer it: each word with its sentence. Pure."""

from collections.abc import Mapping
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

from property_alert_notification.base.languages import in_language
from property_alert_notification.base.reasons import Reason, ReasonCode


class Outcome(StrEnum):
    """What became of a change for a search (`explain`), or of a fact of a change beside what is replayed (`backtest`).

    Those that only one of the two answers say so.
    """

    TOLD = "told"
    """The user was told, by this search or another one, or may have been: a provider took its alert."""
    ON_ITS_WAY = "on_its_way"
    """Its alert is not sent yet: its reason says what it waits for."""
    WAITS_FOR_APPROVAL = "waits_for_approval"
    """Its alert is on hold until it is approved or rejected."""
    REJECTED = "rejected"
    """Its alert was rejected."""
    WAITS_FOR_DIGEST = "waits_for_digest"
    """The search or the user wants a digest, which is not made yet."""
    NOT_YET_MATCHED = "not_yet_matched"
    """The matcher has not come to the change yet."""
    NOT_TOLD = "not_told"
    """The search matches, but the user was not told, or would not be: the match was dropped, or its alert not sent."""

    NO_ACTIVE_SEARCH = "no_active_search"
    """`explain`: the search was saved later, or was paused, or was deleted then."""
    HIDDEN = "hidden"
    """`explain`: the home might not be shown then."""
    NOT_MATCHING = "not_matching"
    """`explain`: the home did not meet the conditions of the search."""
    NOT_ASKED_FOR = "not_asked_for"
    """`explain`: the home matched, but the search does not ask for such changes, or not of homes that cannot be had."""
    NO_CHANGE = "no_change"
    """`explain`: the home matches, but what is new of it is no change that is told, such as its remarks."""

    ALREADY_TOLD = "already_told"
    """An earlier change of the home told the same: in `explain` one of another listing, in `backtest` of the replay."""
    MISSED = "missed"
    """`backtest`: the search as it was then matches, but the matcher did not find it: a fault of the service."""
    WOULD_BE_TOLD = "would_be_told"
    """`backtest`: the replayed search tells it; the searches of then did not."""
    WOULD_NOT_BE_TOLD = "would_not_be_told"
    """`backtest`: the user was told by a search of then; the replayed search does not tell it."""


_ENGLISH: Mapping[Outcome, str] = {
    Outcome.TOLD: "the user was told",
    Outcome.WAITS_FOR_APPROVAL: "its alert waits for approval",
    Outcome.REJECTED: "its alert was rejected",
    Outcome.ON_ITS_WAY: "its alert is on its way",
    Outcome.WAITS_FOR_DIGEST: "it waits for its digest",
    Outcome.NOT_YET_MATCHED: "the matcher has not come to this change yet",
    Outcome.NOT_TOLD: "the search matches, but the user is not told",
    Outcome.NO_ACTIVE_SEARCH: "the search was not active when the change was made",
    Outcome.HIDDEN: "the home might not be shown then",
    Outcome.NOT_MATCHING: "the home did not meet all conditions of the search",
    Outcome.NOT_ASKED_FOR: "the home matched, but the search does not ask for this change of a home of this status",
    Outcome.NO_CHANGE: "the home matches, but nothing changed that is told: new remarks and photos alone are no change",
    Outcome.ALREADY_TOLD: "an earlier change of the home told the same",
    Outcome.MISSED: "the search matches, but the matcher did not find it: please report this fault",
    Outcome.WOULD_BE_TOLD: "the search would tell it; it did not then",
    Outcome.WOULD_NOT_BE_TOLD: "the user was told, but the search would not tell it",
}
_SPANISH: Mapping[Outcome, str] = {
    Outcome.TOLD: "se avisó al usuario",
    Outcome.WAITS_FOR_APPROVAL: "su aviso espera la aprobación",
    Outcome.REJECTED: "su aviso fue rechazado",
    Outcome.ON_ITS_WAY: "su aviso está en camino",
    Outcome.WAITS_FOR_DIGEST: "espera su resumen",
    Outcome.NOT_YET_MATCHED: "este cambio todavía no se ha comparado con las búsquedas",
    Outcome.NOT_TOLD: "la búsqueda coincide, pero no se avisa al usuario",
    Outcome.NO_ACTIVE_SEARCH: "la búsqueda no estaba activa cuando se hizo el cambio",
    Outcome.HIDDEN: "entonces no se podía mostrar la vivienda",
    Outcome.NOT_MATCHING: "la vivienda no cumplía todas las condiciones de la búsqueda",
    Outcome.NOT_ASKED_FOR: "la vivienda coincidía, pero la búsqueda no pide este cambio de una vivienda en este estado",
    Outcome.NO_CHANGE: (
        "la vivienda coincide, pero no cambió nada que se comunique: textos y fotos nuevos no son un cambio"
    ),
    Outcome.ALREADY_TOLD: "un cambio anterior de la vivienda decía lo mismo",
    Outcome.MISSED: "la búsqueda coincide, pero el servicio no lo detectó: comunique este fallo, por favor",
    Outcome.WOULD_BE_TOLD: "la búsqueda avisaría de ello; entonces no lo hizo",
    Outcome.WOULD_NOT_BE_TOLD: "se avisó al usuario, pero la búsqueda no avisaría de ello",
}
SENTENCES: Mapping[str, Mapping[Outcome, str]] = {"en": _ENGLISH, "es": _SPANISH}
"""By language."""

_NOT_RECORDED = {"en": "{}, and the reason is not recorded", "es": "{}, y no consta el motivo"}


class Became(NamedTuple):
    """What became of a change or of a fact."""

    outcome: Outcome
    why: Reason | None = None
    """Why the user is not told, or not yet; None if that is not recorded, or needs no reason."""
    channel: str = ""
    """That of the delivery of which this is known; empty if it is known of no delivery."""
    notification_id: UUID | None = None
    """The alert of which this is known; it may not be kept any more. None if it is known of no alert."""

    @property
    def code(self) -> ReasonCode | None:
        """The code of the reason."""
        return None if self.why is None else self.why.code


def in_words(became: Became, language: str | None = None) -> str:
    """What became of a change or of a fact, as a sentence."""
    words = in_language(SENTENCES, language)[became.outcome]
    if became.why is None:
        return in_language(_NOT_RECORDED, language).format(words) if became.outcome is Outcome.NOT_TOLD else words
    if became.outcome in (Outcome.WAITS_FOR_APPROVAL, Outcome.REJECTED):
        return words
    return f"{words}: {became.why.sentence(became.channel, language)}"
