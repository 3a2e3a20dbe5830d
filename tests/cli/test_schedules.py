"""`schedules`: what recurs is shown, paused, resumed and cancelled, also while no API runs."""

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from property_alert_notification.base.errors import Conflict, NotFound
from property_alert_notification.cli import app
from tests.cli.command import words

DAILY, BROKEN = "019ab6c13f7e7cc398c42f0e8d1f6a55", "019ab6c13f7e7cc398c42f0e8d1f6a56"
COLUMNS = (
    "id, user_id, category, title, message, urgent, channels, addresses, caller, test, rrule, start, time_zone, "
    "used_zone, state, reason_code, reason_parameters, next_at, passed_at, occurred, changed_at"
)
THEN, NEXT = "2026-11-22T09:00:00.000000+00:00", "2026-11-30T14:00:00.000000+00:00"

Call = Callable[..., Result]


@pytest.fixture
def call(tmp_path: Path, migrated_sqlite: Callable[[Path], str], monkeypatch: pytest.MonkeyPatch) -> Call:
    """Runs a command on a store with an active schedule of user 7, and a quarantined one of user 8."""
    monkeypatch.setenv("DATABASE_URL", migrated_sqlite(tmp_path / "app.db"))
    monkeypatch.setenv("COLUMNS", "200")
    common = ("{}", "crm", 0)
    rows = [
        (DAILY, 7, "viewing", "Tidy up", "Guests come.", 0, "email", '{"email":"ada@example.com"}', *common[1:],
         "FREQ=DAILY", "2026-12-01T09:00", "America/New_York", "America/New_York", "active", None, None, NEXT, THEN, 3,
         THEN),
        (BROKEN, 8, "general", "Rent", "It is due.", 0, None, *common, "FREQ=NEVER", "2026-12-01T09:00", "UTC", "UTC",
         "quarantined", "row_unreadable", None, None, THEN, 0, THEN),
    ]  # fmt: skip
    marks = ", ".join("?" * len(rows[0]))
    with closing(sqlite3.connect(tmp_path / "app.db")) as store, store:
        store.executemany(f"INSERT INTO schedules ({COLUMNS}) VALUES ({marks})", rows)

    def invoke(*arguments: str) -> Result:
        return CliRunner().invoke(app, arguments, prog_name="property-alerts")

    return invoke


def _as_json(done: Result) -> Any:
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


def test_schedules_are_listed_without_message_and_addresses(call: Call) -> None:
    listed = call("schedules", "list")

    assert listed.exit_code == 0
    assert "7 viewing active" in words(listed.stdout)
    assert "America/New_York FREQ=DAILY" in words(listed.stdout)
    assert "8 general quarantined" in words(listed.stdout)
    assert "ada@" not in listed.stdout + call("schedules", "list", "--json").stdout


@pytest.mark.parametrize(
    ("options", "users"),
    [([], [8, 7]), (["--user", "7"], [7]), (["--state", "QUARANTINED"], [8]), (["--limit", "1"], [8])],
)
def test_a_list_can_be_narrowed(call: Call, options: list[str], users: list[int]) -> None:
    assert [one["user_id"] for one in _as_json(call("schedules", "list", "--json", *options))] == users


def test_an_empty_list_prints_a_line(call: Call) -> None:
    assert call("schedules", "list", "--user", "9").stdout == "There are none.\n"


def test_one_schedule_is_shown_with_its_next_occurrences(call: Call) -> None:
    shown = words(call("schedules", "show", DAILY).stdout)
    found = _as_json(call("schedules", "show", DAILY, "--json"))

    for line in ("state active", "rule FREQ=DAILY", "time zone America/New_York", "occurred 3", "only email"):
        assert line in shown
    assert "email ada@example.com" in shown
    assert found["occurrences"][:2] == ["2026-12-01T09:00:00-05:00", "2026-12-02T09:00:00-05:00"]
    assert "next Wed 2026-12-02 09:00 -0500" in shown


def test_a_quarantined_schedule_is_shown_although_its_rule_cannot_be_read(call: Call) -> None:
    shown = call("schedules", "show", BROKEN)

    assert "state quarantined" in words(shown.stdout)
    assert "reason code row_unreadable" in words(shown.stdout)


def test_a_schedule_is_paused_resumed_and_cancelled_with_audit_entries(call: Call) -> None:
    assert "is paused" in call("schedules", "pause", DAILY).stdout
    paused = _as_json(call("schedules", "show", DAILY, "--json"))
    assert "Its next occurrence: 20" in call("schedules", "resume", DAILY).stdout
    resumed = _as_json(call("schedules", "show", DAILY, "--json"))
    assert "is cancelled" in call("schedules", "cancel", DAILY).stdout

    assert (paused["state"], paused["next_at"]) == ("paused", None)
    assert (resumed["state"], resumed["next_at"]) == ("active", resumed["occurrences"][0])
    assert isinstance(call("schedules", "show", DAILY).exception, NotFound)
    audit = call("audit").stdout
    for action in ("schedule.paused", "schedule.resumed", "schedule.cancelled"):
        assert action in audit


def test_a_refused_change_has_its_reason(call: Call) -> None:
    assert isinstance(call("schedules", "pause", BROKEN).exception, Conflict)
    assert isinstance(call("schedules", "resume", BROKEN).exception, Conflict)
    for command in ("show", "pause", "resume", "cancel"):
        assert isinstance(call("schedules", command, DAILY[:-1] + "0").exception, NotFound)
