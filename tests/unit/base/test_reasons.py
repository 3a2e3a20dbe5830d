"""Reasons are stored as codes with parameters, and shown as sentences."""

import re

import pytest

from property_alert_notification.base.reasons import Reason, ReasonCode, cancelled_by
from property_alert_notification.base.reasons_in_english import SENTENCES
from property_alert_notification.base.reasons_in_spanish import SENTENCES as SPANISH

BECAUSE = Reason(ReasonCode.WORKER_BROKE, {"error": "KeyError"})
PARAMETERS = {"because": ["worker_broke", {"error": "KeyError"}], "times": 2, "attempts": 5, "workers": 5}


def _with_parameters(code: ReasonCode) -> Reason:
    names = set(re.findall(r"\{(\w+)\}", SENTENCES[code])) - {"channel", "setting"}
    return Reason(code, {name: PARAMETERS.get(name, f"some {name}") for name in names} or None)


def test_every_reason_is_the_same_after_it_was_stored() -> None:
    for code in ReasonCode:
        reason = _with_parameters(code)

        assert Reason.read(str(code), reason.stored) == reason
        assert "{" not in reason.sentence("sms"), code


def test_every_code_fits_its_column() -> None:
    assert [code for code in ReasonCode if not re.fullmatch(r"[a-z][a-z_]{1,31}", code)] == []


def test_every_reason_has_a_sentence_in_spanish_with_the_same_parameters() -> None:
    for code in ReasonCode:
        english, spanish = (re.findall(r"\{(\w+)\}", sentences[code]) for sentences in (SENTENCES, SPANISH))

        assert sorted(english) == sorted(spanish), code
        assert "{" not in _with_parameters(code).sentence("sms", "es-MX"), code


def test_a_place_that_is_not_known_is_so_in_spanish() -> None:
    held = {"until": "2026-11-30T09:00:00-08:00", "place": "any of 6", "zone": "America/Los_Angeles"}
    nowhere = held | {"place": "any place", "zone": "any of 312"}
    assert "(lugar: cualquiera de 6; zona horaria: America/Los_Angeles)" in (
        Reason(ReasonCode.LEGAL_WINDOW, held).sentence("sms", "es")
    )
    assert "(lugar: cualquier lugar; zona horaria: cualquiera de 312)" in (
        Reason(ReasonCode.LEGAL_WINDOW, nowhere).sentence("sms", "es")
    )


def test_a_reason_in_spanish_has_spanish_words() -> None:
    collected = Reason(ReasonCode.COLLECTED, {"frequency": "daily", "closes_at": "2026-12-01T08:00:00Z"})
    used_up = BECAUSE.behind(ReasonCode.ATTEMPTS_USED_UP, attempts=5)

    assert collected.sentence("email", "es") == (
        "el usuario lo recibe una vez al día por correo electrónico: su resumen se hace el 2026-12-01T08:00:00Z"
    )
    assert used_up.sentence("sms", "es") == "se abandonó tras 5 intentos: el proceso falló al tratarlo (KeyError)"


def test_a_cap_is_told_with_its_numbers_as_far_as_they_were_stored() -> None:
    told = {
        (stored, language): Reason.read("over_cap", stored).sentence("email", language)
        for stored in ('{"period":"week","most":20,"counted":20}', '{"period":"day"}')
        for language in ("en", "es")
    }

    assert list(told.values()) == [
        "the user's cap of email per week is reached: 20 of 20 sent, or about to be",
        (
            "se alcanzó el límite del usuario de mensajes por correo electrónico (a la semana): 20 de 20, entre "
            "enviados y por enviar"
        ),
        "the user's cap of email per day is reached",
        "se alcanzó el límite del usuario de mensajes por correo electrónico (al día)",
    ]


def test_the_channel_is_that_of_the_delivery() -> None:
    assert Reason(ReasonCode.USER_OPTED_OUT).sentence("sms") == "the user does not want sms"
    assert Reason(ReasonCode.CHANNEL_NOT_USED).sentence("sms") == "sms is not used here (SMS_PROVIDER=none)"


def test_a_reason_may_have_a_reason() -> None:
    used_up = BECAUSE.behind(ReasonCode.ATTEMPTS_USED_UP, attempts=5)
    discarded = Reason.read(used_up.code, used_up.stored).behind(ReasonCode.DISCARDED)

    assert discarded.sentence() == (
        "an operator discarded it: gave up after 5 attempts: the worker broke on it (KeyError)"
    )


@pytest.mark.parametrize(("times", "words"), [(1, "once"), (3, "3 times")])
def test_a_reason_counts(times: int, words: str) -> None:
    given_up = Reason(ReasonCode.UNKNOWN_GIVEN_UP, {"detail": "silence", "times": times})

    assert given_up.sentence() == f"silence; it was sent {words}, and it is unknown whether it arrived"


@pytest.mark.parametrize("detail", ["a\x00b", "a\nb", "a\ud800b"])
def test_any_text_of_a_provider_is_stored_and_shown_without_control_characters(detail: str) -> None:
    reason = Reason(ReasonCode.REFUSED, {"detail": detail})

    assert reason.stored is not None
    assert (reason.stored.isascii(), reason.stored.isprintable()) == (True, True)
    assert Reason.read("refused", reason.stored).sentence() == "a?b"


def test_the_text_of_a_provider_is_not_a_template() -> None:
    assert Reason(ReasonCode.REFUSED, {"detail": "{channel} {0.__class__}"}).sentence() == "{channel} {0.__class__}"


@pytest.mark.parametrize(
    ("code", "parameters"),
    [
        (None, None),
        (7, None),
        (b"\xff", None),
        ("", None),
        ("not a code", None),
        ("refused", None),
        ("refused", "{"),
        ("over_cap", '{"most":5,"counted":5}'),
        ("refused", "[]"),
        ("refused", "7"),
        ("refused", 7),
        ("refused", "[" * 100_000),
        ("discarded", '{"because":"x"}'),
        ("discarded", '{"because":["none such",null]}'),
        ("discarded", '{"because":["refused",null]}'),
    ],
)
def test_what_cannot_be_read_says_so(code: object, parameters: object) -> None:
    assert Reason.read(code, parameters) == Reason(ReasonCode.ROW_UNREADABLE)


def test_a_code_of_a_newer_version_is_shown_by_its_name() -> None:
    newer = Reason.read("over_the_moon", '{"why":1}')

    assert (newer.code, newer.sentence()) == (ReasonCode.OTHER, "over_the_moon")


def test_who_cancelled_it_is_named_unless_it_was_the_caller() -> None:
    mine = "its caller cancelled it"

    assert cancelled_by(None).sentence() == cancelled_by("its caller").sentence() == mine
    assert cancelled_by("its caller, crm (live key pa_live_12345678)").sentence() == mine
    assert cancelled_by("ops (live key pa_live_12345678)").sentence() == "ops (live key pa_live_12345678) cancelled it"
