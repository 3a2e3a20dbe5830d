"""Lists of the command line on screens of every width."""

import os
from uuid import UUID

import pytest

from property_alert_notification.cli.tables import print_facts, print_rows

ID = UUID("019aa5c4-52c1-7c63-b0b5-95ecb5d8a1f0")
REFERENCE = "a reference [red]of[/red] its caller with many words in it"
ROWS = [(ID, "11-28 09:00", 990_001, "sent", "suppressed", REFERENCE)]
HEADINGS = ("id", "accepted", "user", "email", "sms", "reference")


@pytest.mark.parametrize("columns", [40, 60, 80, 120, 200])
def test_a_list_fits_the_screen_and_cuts_nothing(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, columns: int
) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))

    print_rows(HEADINGS, ROWS)

    shown = capsys.readouterr().out
    assert max(map(len, shown.splitlines())) <= columns
    assert str(ID) in shown
    assert "suppressed" in shown
    assert "\x1b" not in shown
    words = " ".join(shown.split())
    assert all(word in words for word in REFERENCE.split())


@pytest.mark.parametrize("columns", [40, 80, 120])
def test_facts_fit_the_screen_and_cut_nothing(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, columns: int
) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))

    print_facts(
        "notification", str(ID), [("delivery", ID), ("title", "Three bedrooms with a garden in Ballard, Seattle")]
    )

    shown = capsys.readouterr().out
    assert max(map(len, shown.splitlines())) <= columns
    assert shown.count(str(ID)) == 2


def test_in_a_pipe_a_row_is_one_line(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)
    with monkeypatch.context() as without_terminal:  # pytest asks for the width too, as soon as the test has ended
        without_terminal.setattr("shutil.get_terminal_size", os.terminal_size)
        print_rows(HEADINGS, ROWS)

    (line,) = [line for line in capsys.readouterr().out.splitlines() if str(ID) in line]
    assert line.endswith("many words in it")


def test_nothing_that_a_terminal_would_obey_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    print_rows(("id", "why"), [("1", "\x1b[31mred\x07")])

    assert "\ufffd[31mred\ufffd" in capsys.readouterr().out
