"""`suppressions`: whom not to write to, on the command line."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from property_alert_notification.cli import app
from tests.cli.command import words

Call = Callable[..., Result]
ADA = ("--channel", "email", "--address", "ada@example.com")


@pytest.fixture
def call(tmp_path: Path, migrated_sqlite: Callable[[Path], str], monkeypatch: pytest.MonkeyPatch) -> Call:
    monkeypatch.setenv("DATABASE_URL", migrated_sqlite(tmp_path / "app.db"))
    monkeypatch.setenv("COLUMNS", "200")

    def invoke(*arguments: str) -> Result:
        return CliRunner().invoke(app, ("suppressions", *arguments), prog_name="property-alerts")

    return invoke


def test_an_entry_is_added_found_and_released(call: Call) -> None:
    assert "No entry is on the suppression list." in call("list").stdout
    added = call("add", *ADA, "--note", "asked by telephone")
    entry = added.stdout.split()[-1]

    assert added.exit_code == 0
    assert f"{entry} address email manual all" in words(call("list").stdout)
    assert json.loads(call("list", *ADA, "--json").stdout)[0]["note"] == "asked by telephone"
    assert "Not on the list." in call("list", "--user", "7").stdout
    assert call("release", entry).exit_code == 0
    assert "Not on the list." in call("list", *ADA).stdout
    assert call("release", entry).exit_code == 1


@pytest.mark.parametrize(
    ("arguments", "option"),
    [
        (["add"], "--address or --user"),
        (["add", "--address", "ada@example.com"], "--channel"),
        (["list", "--address", "ada@example.com"], "--channel"),
        (["add", "--channel", "email", "--address", "x" * 65 + "@example.com"], "--address"),
    ],
)
def test_an_option_that_is_missing_or_wrong_is_named(call: Call, arguments: list[str], option: str) -> None:
    assert option in str(call(*arguments).exception)


def test_what_was_exported_is_imported_on_another_store_and_bad_lines_are_named(call: Call, tmp_path: Path) -> None:
    given, written = tmp_path / "given.csv", tmp_path / "written.csv"
    lines = [f"email,user{n}@example.com" for n in range(5_000)]
    given.write_text("\n".join(["channel,address", *lines, "fax,1", "email,"]), encoding="utf-8")

    loaded = call("import", str(given))
    again = call("import", str(given))
    exported = call("export", str(written))
    refused = call("import", str(tmp_path / "given.csv"), "--no-such-option")

    assert loaded.exit_code == again.exit_code == 1  # two lines were refused
    assert "5,000 entries are on the list; 2 lines were refused." in loaded.stdout
    assert "line 5002: channel: must be one of" in loaded.stderr
    assert "5,000 entries are in" in exported.stdout
    assert len(written.read_text(encoding="utf-8").splitlines()) == 5_001
    assert call("import", str(written)).exit_code == 0
    assert refused.exit_code == 2
