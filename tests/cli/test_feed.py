"""`feed`: how far listings are replicated, on the command line."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from property_alert_notification.base.errors import ConfigurationError
from property_alert_notification.cli import app
from tests.cli.command import words

Call = Callable[..., Result]


@pytest.fixture
def call(tmp_path: Path, migrated_sqlite: Callable[[Path], str], monkeypatch: pytest.MonkeyPatch) -> Call:
    monkeypatch.setenv("DATABASE_URL", migrated_sqlite(tmp_path / "app.db"))
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setenv("FEED_NWMLS_URL", "https://api.example.com/reso/odata")
    monkeypatch.setenv("FEED_NWMLS_TOKEN", "a-secret")

    def invoke(*arguments: str) -> Result:
        return CliRunner().invoke(app, ("feed", *arguments), prog_name="property-alerts")

    return invoke


def test_a_feed_of_the_settings_is_shown_before_a_worker_begins(call: Call) -> None:
    assert "nwmls not begun 0 0" in words(call("status").stdout)
    assert "start property-alerts worker" in words(call("status").stdout)
    assert [(one["feed"], one["state"]) for one in json.loads(call("status", "--json").stdout)] == [
        ("nwmls", "not begun")
    ]


@pytest.mark.parametrize("part", [("--all",), ("--since", "2026-11-01T00:00:00Z"), ("--from-sequence", "1102")])
def test_a_part_of_a_feed_is_read_again(call: Call, part: tuple[str, ...]) -> None:
    done = call("replay", "nwmls", *part)

    assert done.exit_code == 0, done.output
    assert "nwmls will be read again" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (("nwmls",), "give one of --all, --since and --from-sequence"),
        (("nwmls", "--all", "--from-sequence", "1"), "give one of --all, --since and --from-sequence"),
        (("nwmls", "--since", "yesterday"), "--since: must be a time"),
        (("crmls", "--all"), "the settings have no feed with the name 'crmls'; there are: nwmls"),
    ],
)
def test_a_wrong_option_is_explained(call: Call, arguments: tuple[str, ...], problem: str) -> None:
    failed = call("replay", *arguments)

    assert isinstance(failed.exception, ConfigurationError)
    assert problem in str(failed.exception)
