"""The words by which people stop and restart messages, as people write them."""

import itertools

import pytest

from property_alert_notification.feedback.replies.wording import answer_to
from property_alert_notification.feedback.replies.words import Word, looks_like_refusal, read

STOPS = {
    "the issue": ("STOP STOPALL UNSUBSCRIBE CANCEL END QUIT REVOKE OPTOUT ARRET BAJA", "OPT OUT"),
    "AWS": ("ARRET CANCEL END OPT-OUT OPTOUT QUIT REMOVE STOP TD UNSUBSCRIBE",),
    "Twilio": ("STOP UNSUBSCRIBE END CANCEL QUIT STOPALL REVOKE OPTOUT ARRETT ARRET ARRETE",),
    "Telnyx": ("STOP STOPALL UNSUBSCRIBE CANCEL END QUIT", "STOP ALL"),
    "CTIA": ("STOP END UNSUBSCRIBE CANCEL QUIT",),
    "Mobile Marketing Association, in Spanish": ("STOP QUIT CANCELAR END BAJA",),
    "NotifyCame": ("STOP PARAR CANCELAR BAJA",),
}
"""The words that the lists of providers and carriers have; after the first string, words of several parts."""
WORDS = {
    **{word: Word.STOP for first, *others in STOPS.values() for word in (*first.split(), *others)},
    **dict.fromkeys(("START", "UNSTOP"), Word.START),
    **dict.fromkeys(("HELP", "INFO", "AIDE"), Word.HELP),
    **dict.fromkeys(("YES", "SI", "OUI"), Word.CONFIRM),
}
_CYRILLIC = dict(zip(map(ord, "AEOPSTX"), "\u0410\u0415\u041e\u0420\u0405\u0422\u0425", strict=True))
DRESSES = (
    str.lower,
    str.title,
    lambda word: f"  {word}.\n",
    lambda word: f"'{word}!!!'",
    lambda word: word.replace(" ", "-"),
    lambda word: "\u200b".join(word),
    lambda word: "".join(chr(ord(sign) + 0xFEE0) if sign != " " else "\u3000" for sign in word),
    lambda word: word.replace("O", "Ö").replace("E", "Ê").replace("A", "á"),
    lambda word: f"{word} 🙂",
    lambda word: f"{word}\N{HEAVY BLACK HEART}\N{VARIATION SELECTOR-16}",
    lambda word: f"\N{NO-BREAK SPACE}{word}\N{HANGUL FILLER}\N{BRAILLE PATTERN BLANK}",
    lambda word: word.replace("O", "O\N{COMBINING GRAPHEME JOINER}\N{SOFT HYPHEN}"),
    lambda word: "".join(chr(ord(sign) + 0x1D400 - ord("A")) if sign.isalpha() else sign for sign in word),
    lambda word: word.translate(_CYRILLIC),
    lambda word: f"«{word}»",
    lambda word: f"{word}\r\n-- \r\nJohn Miller\r\n415 555 2671",
    lambda word: f"{word}\n\nSent from my iPhone",
    lambda word: f"\N{RIGHT-TO-LEFT MARK}{word}\N{ZERO WIDTH NO-BREAK SPACE}",
    lambda word: ".".join(word) + "." if " " not in word else word,
)


@pytest.mark.parametrize("word", WORDS)
def test_a_word_is_read_however_it_is_written(word: str) -> None:
    for dress in DRESSES:
        assert read(dress(word)) is WORDS[word], dress(word)
    for one, other in itertools.product(DRESSES[2:5], DRESSES[:2]):
        assert read(one(other(word))) is WORDS[word]


@pytest.mark.parametrize(
    "text",
    [
        "Stop please",
        "STOP STOP STOP",
        "stop texting me",
        "Stop sending me messages, thank you!",
        "STOP STOP",
        "Stop thx",
        "Stop SMS svp",
        "Stop\N{NO-BREAK SPACE}please",
        "unsubscribe me from this list",
        "Baja por favor",
        "ARRÊT s'il vous plaît",
        "Stop\nJohn Miller",
        "Cancel\n\nEnviado desde mi iPhone",
    ],
)
def test_a_word_with_fillers_is_the_word(text: str) -> None:
    assert read(text) is Word.STOP


@pytest.mark.parametrize(
    ("text", "refuses"),
    [
        ("please stop texting me", True),
        ("No más mensajes", True),
        ("Ya no me manden mensajes", True),
        ("Dejen de escribirme", True),
        ("no quiero recibir esto", True),
        ("Take me off your list", True),
        ("REMOVE ME", True),
        ("don't text this number again", True),
        ("dont ever contact me", True),
        ("wrong number", True),
        ("No more!", True),
        ("I opted out last week", True),
        ("Arrêtez", True),
        ("Je veux me désabonner", True),
        ("Can we cancel the viewing?", True),
        ("stop by at five?", True),
        ("Stop by at 5?", True),
        ("Stop by the house\n-- \nJohn", True),
        ("don't stop", True),
        ("please opt me out", True),
        ("Please stop", True),
        ("unsub", True),
        ("lose my number", True),
        ("Do not disturb me", True),
        ("No thanks", True),
        ("no molesten", True),
        ("Déjenme en paz", True),
        ("Dame de baja de la lista", True),
        ("Cancelar suscripción", True),
        ("Laissez-moi tranquille", True),
        ("Plus de message svp", True),
        ("Retirez mon numéro", True),
        ("\N{OCTAGONAL SIGN}", True),
        ("The pool opens nonstop?", False),
        ("Toronto TD bank approved my loan", False),
        ("Cancel\nmy 5pm", True),
        *(
            (text, True)
            for text in (
                "remove number",
                "delete me",
                "delete my number",
                "opt me out",
                "unsub",
                "unsuscribe",
                "I revoke consent",
                "revoke my consent",
                "revoke all",
                "end all",
                "stopp",
                "stop2",
                "st0p",
                "quit it",
                "no thanks",
                "enough",
                "go away",
                "lose my number",
                "dnc",
                "detener",
                "ya no",
                "date de baja",
                "🛑",
                "🚫",
                "стоп",
                "отписаться",
                "停止",
                "退订",
                "abmelden",
                "Bitte keine SMS",
            )
        ),
        ("Is there enough parking?", False),
        ("End\nof story", False),
        ("Alto Street 5?", False),
        ("La casa es de planta baja", False),
        ("Start\nby telling me who gave you my number", False),
        ("Info\nabout the garden", False),
        ("Is the house at the end of the street?", False),
        ("Info about the garden, please", False),
        ("Help me find a home", False),
        ("Can we start at six?", False),
        ("yes please", False),
        ("¿Cuándo puedo visitarla?", False),
        ("", False),
        ("🏠", False),
        ("a b", False),
    ],
)
def test_anything_else_is_for_a_person_and_a_likely_refusal_is_marked(text: str, refuses: bool) -> None:
    assert read(text) is Word.OTHER
    assert looks_like_refusal(text) is refuses


def test_a_long_or_strange_text_costs_little_and_breaks_nothing() -> None:
    for text in ("no " * 100_000, "\ud800", "\0" * 5_000, "ﷺ" * 5_000, "i\N{COMBINING DOT ABOVE}" * 5_000):
        assert read(text) is Word.OTHER
        looks_like_refusal(text)


def test_the_confirmation_is_in_the_language_of_the_word_and_has_the_way_back() -> None:
    stops = {word: answer_to(Word.STOP, text, name="Homes") for word, text in (("en", "stop"), ("es", "¡Baja!"))}

    assert stops["en"] == "Homes: you are unsubscribed and will get no more messages. Reply START to subscribe again."
    assert (stops["es"] or "").startswith("Homes: se ha dado de baja")
    assert "désabonné" in (answer_to(Word.STOP, "Arrêt", name="Homes") or "")
    assert "STOP" in (answer_to(Word.START, "start", name="Homes") or "")
    assert "STOP" in (answer_to(Word.HELP, "ayuda", name="Homes") or "")
    assert "BAJA" in (answer_to(Word.CONFIRM, "¡Sí!", name="Homes") or "")
    assert answer_to(Word.OTHER, "hello", name="Homes") is None
