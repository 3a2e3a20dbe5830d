"""`users show`, `users page-link` and `preferences explain`: what applies to a user, and why."""

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from property_alert_notification.base.clock import Clock
from property_alert_notification.base.errors import ConfigurationError, NotFound
from property_alert_notification.base.settings import Settings
from property_alert_notification.cli import app
from property_alert_notification.feedback.unsubscribe.tokens import Link, Purpose, Tokens
from property_alert_notification.people.preferences.stored_rules import read_rules
from tests.cli.command import words

RULES = (
    '{"language":"es-MX","time_zone":"America/Los_Angeles","quiet_hours":[[[0,4],"21:00","08:00"]],'
    '"caps":{"email":[5,null]},"categories":{"open_house":{"sms":"never"}},"digest":["07:30",6,31]}'
)
LATE = "2026-11-30T22:30:00-08:00"
"""On a Monday evening in Los Angeles."""

Call = Callable[..., Result]


@pytest.fixture
def call(tmp_path: Path, migrated_sqlite: Callable[[Path], str], monkeypatch: pytest.MonkeyPatch) -> Call:
    """Runs a command on a store: user 7 has many preferences, also some of a test key, and user 8 withdrew consent."""
    monkeypatch.setenv("DATABASE_URL", migrated_sqlite(tmp_path / "app.db"))
    monkeypatch.setenv("COLUMNS", "200")
    read_rules(RULES)
    add = "INSERT INTO {} (user_id, channels, rules, updated_at, withdrawn_at) VALUES (?, ?, ?, ?, ?)"
    then = "2026-11-22T09:00:00.000000+00:00"
    with closing(sqlite3.connect(tmp_path / "app.db")) as store, store:
        store.execute(add.format("preferences"), (7, "email sms", RULES, then, None))
        store.execute(add.format("preferences"), (8, "", None, then, then))
        store.execute(add.format("test_preferences"), (7, "sms", None, then, None))

    def invoke(*arguments: str) -> Result:
        return CliRunner().invoke(app, arguments, prog_name="property-alerts")

    return invoke


def _as_json(done: Result) -> dict[str, Any]:
    assert done.exit_code == 0, done.output
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_a_user_is_shown_with_preferences_profile_and_decisions(call: Call) -> None:
    shown = call("users", "show", "7")

    assert shown.exit_code == 0
    for line in (
        "channels email on, sms on",
        "language es-MX",
        "time zone America/Los_Angeles",
        "quiet hours mon, fri 21:00 to 08:00",
        "cap email 5 a day",
        "frequency open_house sms never",
        "digests 07:30, weekly on sun, monthly on day 31",
        "open_house sms suppress user_rule the user does not want open_house by sms",
    ):
        assert line in words(shown.stdout)


def test_a_user_is_shown_to_machines_in_the_words_of_the_api(call: Call) -> None:
    shown = _as_json(call("users", "show", "7", "--json"))

    assert shown["preferences"] == {
        "channels": {"email": True, "sms": True},
        "language": "es-MX",
        "time_zone": "America/Los_Angeles",
        "quiet_hours": [{"days": ["mon", "fri"], "from": "21:00", "to": "08:00"}],
        "caps": {"email": {"day": 5}},
        "categories": {"open_house": {"sms": "never"}},
        "digest": {"at": "07:30", "weekday": "sun", "day": 31},
    }
    assert {one["category"] for one in shown["decisions"]} >= {"account", "general", "open_house"}


def test_preferences_set_with_test_keys_are_shown_separately(call: Call) -> None:
    live, test = (_as_json(call("users", "show", "7", "--json", *option)) for option in ((), ("--test",)))

    assert live["preferences"]["channels"] == {"email": True, "sms": True}
    assert test["preferences"] == {"channels": {"email": False, "sms": True}}


def test_withdrawn_consent_is_shown_and_an_unknown_user_is_an_error(call: Call) -> None:
    withdrawn, unknown = call("users", "show", "8"), call("users", "show", "9")

    assert "none: all consent was withdrawn" in withdrawn.stdout
    assert isinstance(unknown.exception, NotFound)
    assert "User 9 has no preferences" in str(unknown.exception)


@pytest.mark.parametrize(
    ("arguments", "decision", "allows", "decides"),
    [
        (["--channel", "email", "--at", LATE], "hold", "service_default", "quiet_hours"),
        (["--channel", "email", "--at", "2026-12-01T12:00:00Z"], "hold", "service_default", "quiet_hours"),
        (["--channel", "email", "--at", "2026-12-02T12:00:00Z"], "send", None, "service_default"),
        (["--channel", "email", "--at", LATE, "--urgent"], "send", "service_default", "urgent"),
        (["--channel", "email", "--at", LATE, "--category", "account"], "hold", "category_required", "quiet_hours"),
        (["--channel", "sms", "--at", LATE, "--category", "listing_alert"], "hold", "service_default", "legal_window"),
        (["--channel", "sms", "--category", "open_house"], "suppress", None, "user_rule"),
        (["--channel", "email", "--test"], "suppress", None, "channel_switch"),
    ],
)
def test_the_rule_that_decides_is_marked_among_all_rules(
    call: Call, arguments: list[str], decision: str, allows: str | None, decides: str
) -> None:
    found = _as_json(call("preferences", "explain", "7", "--json", *arguments))
    shown = call("preferences", "explain", "7", *arguments)

    parts = {one["part"]: one["rule"] for one in found["rules"] if one["part"]}
    assert (found["decision"], found["rule"]) == (decision, decides)
    assert parts == {"allows": allows, "decides": decides} if allows else parts == {"decides": decides}
    assert len(found["rules"]) == 11
    assert f"{decides} decides " in words(shown.stdout)
    assert found["reason"] in words(shown.stdout)


def test_a_rule_that_would_also_hold_the_message_shows_its_result(call: Call) -> None:
    found = _as_json(
        call("preferences", "explain", "7", "--channel", "sms", "--category", "listing_alert", "--at", LATE, "--json")
    )

    results = {one["rule"]: one["result"] for one in found["rules"]}
    assert results["quiet_hours"].startswith("it is held by the user's quiet hours until 2026-12-01T08:00")
    assert results["legal_window"] == found["reason"]


def test_without_a_channel_all_of_them_are_explained(call: Call) -> None:
    shown = call("preferences", "explain", "7", "--category", "open_house")
    found = json.loads(call("preferences", "explain", "7", "--category", "open_house", "--json").stdout)

    assert [one["channel"] for one in found] == ["email", "sms"]
    for line in ("message open_house by email", "message open_house by sms", "user_rule decides the user set never"):
        assert line in words(shown.stdout)


@pytest.mark.parametrize(
    ("option", "value"), [("--at", "tomorrow"), ("--at", "2026-12-01T22:00:00"), ("--category", "Not one")]
)
def test_a_wrong_option_is_named_with_an_example(call: Call, option: str, value: str) -> None:
    done = call("preferences", "explain", "7", "--channel", "email", option, value)

    assert isinstance(done.exception, ConfigurationError)
    assert str(done.exception).startswith(f"{option}: ")


@pytest.mark.parametrize("damage", ["{", "", b"\xff\x00"])
def test_rules_that_cannot_be_read_are_said_to_be_so(call: Call, tmp_path: Path, damage: str | bytes) -> None:
    with closing(sqlite3.connect(tmp_path / "app.db")) as store, store:
        store.execute("UPDATE preferences SET rules = ? WHERE user_id = 7", (damage,))

    shown, machine = call("users", "show", "7"), _as_json(call("users", "show", "7", "--json"))
    explained = call("preferences", "explain", "7", "--channel", "email")

    assert "rules damaged in the store: messages that they may forbid are held." in words(shown.stdout)
    assert machine["preferences"] == {
        "channels": {"email": True, "sms": True},
        "rules": "damaged in the store: messages that they may forbid are held",
    }
    assert {one["reason_code"] for one in machine["decisions"]} == {"preferences_unreadable"}
    assert f"user_rule decides {machine['decisions'][0]['reason']}" in words(explained.stdout)


def test_a_page_link_is_printed_that_opens_the_page_of_its_user(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PUBLIC_URL", "https://alerts.example.com/messages")

    printed = call("users", "page-link", "7", "--valid-for", "2h").stdout
    of_a_test = call("users", "page-link", "7", "--test").stdout

    base = printed.rpartition("/")[0]
    assert base == "https://alerts.example.com/messages/preferences"
    links = [_read(one.strip().rpartition("/")[2]) for one in (printed, of_a_test)]
    assert [(link.user_id, link.test) for link in links] == [(7, False), (7, True)]
    ends = [link.expires_at - Clock().now() for link in links if link.expires_at is not None]
    assert [round(end / timedelta(hours=1)) for end in ends] == [2, 30 * 24]


def _read(token: str) -> Link:
    link = Tokens(Settings().link_keys).read(Purpose.PREFERENCES, token, now=Clock().now())
    assert link is not None
    return link


@pytest.mark.parametrize("duration", ["0d", "soon", "3651d", "999999d"])
def test_a_page_link_is_valid_for_a_sensible_time(call: Call, duration: str) -> None:
    done = call("users", "page-link", "7", "--valid-for", duration)

    assert isinstance(done.exception, ConfigurationError)
    assert str(done.exception).startswith("--valid-for: ")


def test_the_data_of_a_user_are_exported_on_standard_output_or_into_a_file_of_the_owner(
    call: Call, tmp_path: Path
) -> None:
    file = tmp_path / "user-7.json"

    printed, written = _as_json(call("users", "export", "7")), call("users", "export", "7", "--output", str(file))

    assert (written.exit_code, written.stdout) == (0, f"The data of user 7 are in {file}.\n")
    document = json.loads(file.read_text())
    assert document["preferences"] == printed["preferences"]
    assert [one["channels"] for one in document["preferences"]] == ["email sms"]
    assert document["preferences"][0]["rules"]["language"] == "es-MX"
    assert file.stat().st_mode & 0o777 == 0o600


def test_a_user_is_erased_after_a_question_and_then_nothing_is_left(call: Call) -> None:
    refused = CliRunner().invoke(app, ("users", "erase", "7"), input="n\n")
    kept = _as_json(call("users", "export", "7"))["preferences"]
    erased, again = call("users", "erase", "7", "--yes"), call("users", "erase", "7", "--yes")
    shown = _as_json(call("users", "erase", "7", "--yes", "--json"))

    assert refused.exit_code == 1
    assert len(kept) == 1
    assert erased.stdout == "User 7 is erased: 2 rows.\n"
    assert again.stdout == "Nothing is stored about user 7.\n"
    assert (shown["status"], shown["found"], shown["rows"]) == ("erased", False, {})
    assert _as_json(call("users", "export", "7"))["preferences"] == []
