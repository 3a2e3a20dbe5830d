"""What an SMS costs, against a slow counter that packs septets and code units one by one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from property_alert_notification.messages.sms_segments import Encoding, cut, is_cut, measure

# Row by row as 3GPP TS 23.038, 6.2.1 prints the table; \x1b is the escape to the extension table.
DEFAULT_ALPHABET = (
    "@£$¥èéùìòÇ\nØø\rÅå"
    "Δ_ΦΓΛΩΠΨΣΘΞ\x1bÆæßÉ"
    " !\"#¤%&'()*+,-./"
    "0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNO"
    "PQRSTUVWXYZÄÖÑÜ§"
    "¿abcdefghijklmno"
    "pqrstuvwxyzäöñüà"
)
EXTENSION = {
    0x0A: "\f",
    0x14: "^",
    0x28: "{",
    0x29: "}",
    0x2F: "\\",
    0x3C: "[",
    0x3D: "~",
    0x3E: "]",
    0x40: "|",
    0x65: "€",
}

texts = st.text(
    st.one_of(
        st.sampled_from("abc XYZ.\n"),
        st.sampled_from("€[]{}|^~\\\f"),
        st.sampled_from("🏡👩‍👩‍👧é漢ё"),
        st.characters(),
    ),
    max_size=500,
) | st.text(st.sampled_from("ab €["), max_size=800)


def the_slow_way(text: str) -> tuple[str, int, int]:
    characters = [as_septets(character) for character in text]
    if all(characters):
        return "gsm7", *packed([len(septets) for septets in characters], alone=160, joined=153)
    return "ucs2", *packed([len(character.encode("utf-16-be")) // 2 for character in text], alone=70, joined=67)


def as_septets(character: str) -> list[int]:
    if character != "\x1b" and character in DEFAULT_ALPHABET:
        return [DEFAULT_ALPHABET.index(character)]
    return [septet for code, extra in EXTENSION.items() if extra == character for septet in (0x1B, code)]


def packed(sizes: list[int], *, alone: int, joined: int) -> tuple[int, int]:
    if sum(sizes) <= alone:
        return sum(sizes), 1
    segments: list[list[int]] = [[]]
    for size in sizes:
        if sum(segments[-1]) + size > joined:
            segments.append([])
        segments[-1].append(size)
    return sum(sizes), len(segments)


def test_the_alphabet_has_as_many_characters_as_septets() -> None:
    assert len(DEFAULT_ALPHABET) == 128


@given(texts)
def test_a_text_costs_what_the_slow_way_counts(text: str) -> None:
    text = text.encode("utf-16", "replace").decode("utf-16")
    size = measure(text)
    assert (size.encoding, size.units, size.segments) == the_slow_way(text)


@given(texts, st.integers(1, 10))
def test_a_cut_text_never_costs_more_and_is_as_long_as_it_can_be(text: str, most: int) -> None:
    short = cut(text, most)

    assert measure(short).segments <= most
    if short != text:
        assert short.endswith("...")
        kept = len(short) - 3
        assert text.startswith(short[:kept])
        longer = next((end for end in range(kept + 1, len(text)) if not text[end - 1].isspace()), len(text))
        assert measure(text[:longer] + "...").segments > most or longer == len(text)


@pytest.mark.parametrize(
    ("text", "encoding", "units", "segments"),
    [
        ("", Encoding.GSM7, 0, 1),
        ("a" * 160, Encoding.GSM7, 160, 1),
        ("a" * 161, Encoding.GSM7, 161, 2),
        ("a" * 306, Encoding.GSM7, 306, 2),
        ("a" * 307, Encoding.GSM7, 307, 3),
        ("€" * 80, Encoding.GSM7, 160, 1),
        ("a" * 152 + "€" + "a" * 152, Encoding.GSM7, 306, 3),  # the escape sequence moves to the next segment whole
        ("ё" * 70, Encoding.UCS2, 70, 1),
        ("ё" * 71, Encoding.UCS2, 71, 2),
        ("🏡" * 35, Encoding.UCS2, 70, 1),
        ("🏡" * 66, Encoding.UCS2, 132, 2),
        ("🏡" * 67, Encoding.UCS2, 134, 3),  # 67 units hold 33 pairs, not 33 and a half
        ("\uffff" * 70, Encoding.UCS2, 70, 1),
        ("\U00010000", Encoding.UCS2, 2, 1),
        ("`", Encoding.UCS2, 1, 1),
        ("\x1b", Encoding.UCS2, 1, 1),
    ],
)
def test_the_edges(text: str, encoding: Encoding, units: int, segments: int) -> None:
    size = measure(text)
    assert (size.encoding, size.units, size.segments) == (encoding, units, segments)


def test_a_cut_may_leave_what_made_the_text_expensive_behind() -> None:
    text = "a" * 150 + "🏡" * 50
    assert cut(text, 2) == "a" * 150 + "..."


def test_a_cut_text_fills_its_segments() -> None:
    assert {cut("a" * length, 2) for length in range(307, 400)} == {"a" * 303 + "..."}
    assert cut("a" * 161, 1) == "a" * 157 + "..."
    assert cut("ё" * 135, 2) == "ё" * 131 + "..."
    assert cut("a" * 300 + "      " + "b" * 9, 2) == "a" * 300 + "..."


def test_a_text_that_fits_is_left_alone() -> None:
    assert cut("Viewing at noon ", 1) == "Viewing at noon "


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Viewing at...", True),
        ("...", True),
        ("Viewing at noon...", True),
        ("Viewing at noon", False),
        ("Viewing at", False),
        ("Offer...", False),
    ],
)
def test_a_text_was_cut_when_it_is_a_beginning_with_three_dots(text: str, expected: bool) -> None:
    assert is_cut(text, "Viewing at noon") is expected


def test_a_text_that_ends_with_three_dots_of_its_own_was_not_cut() -> None:
    assert not is_cut("To be continued...", "To be continued...")
