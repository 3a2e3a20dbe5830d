"""Each outcome has one sentence, and is explained in docs/ where the call is described that answers it."""

import json
import re
from pathlib import Path

from property_alert_notification.base.reasons import Reason, ReasonCode
from property_alert_notification.base.reasons_in_english import SENTENCES as REASONS
from property_alert_notification.homes.alerts.outcomes.words import SENTENCES, Became, Outcome, in_words

DOCS = Path(__file__).parents[4] / "docs"


def test_each_outcome_has_a_sentence_of_its_own() -> None:
    for sentences in SENTENCES.values():
        assert sentences.keys() == set(Outcome)
        assert len(set(sentences.values())) == len(Outcome)


def test_an_outcome_is_told_with_its_reason() -> None:
    assert in_words(Became(Outcome.TOLD)) == "the user was told"
    unknown = in_words(Became(Outcome.NOT_TOLD))
    assert unknown == "the search matches, but the user is not told, and the reason is not recorded"
    why = in_words(Became(Outcome.NOT_TOLD, Reason(ReasonCode.HOME_DISCARDED)))
    assert why == "the search matches, but the user is not told: the user discarded the home"


def test_an_outcome_is_told_in_spanish() -> None:
    why = in_words(Became(Outcome.NOT_TOLD, Reason(ReasonCode.HOME_DISCARDED)), "es-MX")
    assert why == "la búsqueda coincide, pero no se avisa al usuario: el usuario descartó la vivienda"


def test_every_reason_of_a_delivery_can_be_the_reason_of_an_outcome() -> None:
    for code in ReasonCode:
        names = re.findall(r"\{(\w+)\}", REASONS[code])
        given = {name: ["rejected", None] if name == "because" else f"some {name}" for name in names}
        # Also one that lacks its parameters, or its channel.
        for parameters, channel in ((json.dumps(given), "email"), (json.dumps(given), ""), (None, "")):
            became = Became(Outcome.NOT_TOLD, Reason.read(code, parameters), channel)
            for language in ("en", "es"):
                words = in_words(became, language)
                assert ": " in words, (code, words)
                assert not re.search(r"\{|  |[: ]$|\bNone\b", words), (code, words)


def test_the_tables_of_both_calls_have_each_outcome() -> None:
    words = {
        page: {word for row in _rows(page) for word in re.findall(r"`(\w+)`", row.split("|")[1])} & set(Outcome)
        for page in ("alerts.md", "searches.md")
    }
    common = {
        "told",
        "on_its_way",
        "already_told",
        "waits_for_approval",
        "rejected",
        "waits_for_digest",
        "not_yet_matched",
        "not_told",
    }
    assert words["alerts.md"] & words["searches.md"] == common
    assert words["alerts.md"] | words["searches.md"] == set(Outcome)


def _rows(page: str) -> list[str]:
    return [line for line in (DOCS / page).read_text().splitlines() if line.startswith("| `")]
