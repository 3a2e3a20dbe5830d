"""`openapi`, `settings` and `reasons`: the same everywhere, and drift is noticed."""

import json
import re
from pathlib import Path

import pytest

from property_alert_notification.preflight import all_settings_groups
from tests.cli.command import run

ROOT = Path(__file__).parents[2]
WRITTEN = {"openapi": "docs/openapi.json", "settings": "docs/settings.md", "reasons": "docs/reasons.md"}


@pytest.mark.parametrize(("command", "file"), list(WRITTEN.items()))
def test_what_the_repository_shows_is_current_whatever_the_settings(tmp_path: Path, command: str, file: str) -> None:
    odd = {"ENVIRONMENT": "production", "PROJECT_NAME": "Another", "LEASE": "never", "SMTP_PASSWORD": "a-secret"}

    done = run(tmp_path, command, "--check", "--file", str(ROOT / file), **odd)

    assert (done.returncode, done.stderr) == (0, "")


def test_the_api_description_is_indented_json_with_the_seeds_paths() -> None:
    text = (ROOT / "docs/openapi.json").read_text()

    assert text.startswith('{\n  "')
    assert text.endswith("}\n")
    assert {"/api/v1/notifications", "/api/v1/preferences/{user_id}"} <= set(json.loads(text)["paths"])


@pytest.mark.parametrize(("command", "shown"), list(WRITTEN.items()))
def test_drift_is_noticed_and_cured(tmp_path: Path, command: str, shown: str) -> None:
    file, current = tmp_path / "file", (ROOT / shown).read_text()
    file.write_text(
        current.replace("The preferences of a user", "The preferences of no user")
        .replace("| `LEASE` |", "| `LAPSE` |")
        .replace("| `expired` |", "| `out_of_time` |")
    )

    drifted = run(tmp_path, command, "--check", "--file", str(file))
    written = run(tmp_path, command, "--file", str(file))

    assert (drifted.returncode, written.returncode) == (1, 0)
    assert f"property-alerts {command}" in drifted.stderr
    assert file.read_text() == current


def test_the_settings_table_has_the_providers_settings_and_no_secret() -> None:
    text = (ROOT / "docs/settings.md").read_text()

    for variable in ("DATABASE_URL", "SMTP_PASSWORD", "TWILIO_AUTH_TOKEN", "SMS_HTTP_URL", "EMAIL_FROM"):
        assert f"| `{variable}` |" in text
    assert "| `SMTP_PASSWORD` | none |" in text


def test_the_settings_table_has_every_group_of_settings() -> None:
    code = "\n".join(file.read_text() for file in (ROOT / "src").rglob("*.py"))
    bases = {"SettingsGroup", "ProviderSettings", "HttpSettings"}

    groups = set(re.findall(rf"^class (\w+)\((?:{'|'.join(bases)})\):", code, re.MULTILINE))

    assert {group.__name__ for group in all_settings_groups()} == groups - bases


def test_a_file_without_a_place_for_the_table_is_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "settings.md"
    file.write_text("Nothing here.\n")

    done = run(tmp_path, "settings", "--file", str(file))

    assert done.returncode == 2
    assert file.read_text() == "Nothing here.\n"
