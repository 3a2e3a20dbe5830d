"""`check`, `health` and `notifications`: what they print."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.cli.command import run, until_ready, words
from tests.cli.conftest import ALERTS, Shown
from tests.services.process import free_port


def test_check_finds_everything_in_order_on_a_fresh_machine(tmp_path: Path) -> None:
    done = run(tmp_path, "check")

    assert done.returncode == 0, done.stdout
    assert done.stdout.count("✓") == 6
    assert "user service" in done.stdout
    assert "✗" not in done.stdout


def test_check_prints_one_line_with_the_remedy_for_each_failure(tmp_path: Path) -> None:
    dead = free_port()

    done = run(
        tmp_path,
        "check",
        DATABASE_URL=f"postgresql://alerts:a-secret@127.0.0.1:{dead}/alerts",
        QUEUE_BROKER_URL=f"amqp://guest:a-secret@127.0.0.1:{dead}/",
        EMAIL_PROVIDER="console",
        SMS_PROVIDER="nobody",
    )

    assert (done.returncode, done.stderr) == (1, "")
    failures = [line for line in done.stdout.splitlines() if line.startswith("✗")]
    assert [line.split(":")[0] for line in failures] == ["✗ store", "✗ broker", "✗ sms by nobody"]
    assert "DATABASE_URL" in failures[0]
    assert "QUEUE_BROKER_URL" in failures[1]
    assert "SMS_PROVIDER=twilio" in failures[2]
    assert "a-secret" not in done.stdout


def test_check_names_a_setting_that_cannot_be_used(tmp_path: Path) -> None:
    done = run(tmp_path, "check", LEASE="soon")

    assert done.returncode == 1
    assert "✗ settings: LEASE: " in done.stdout


def test_check_in_production_wants_the_schema(tmp_path: Path) -> None:
    done = run(
        tmp_path,
        "check",
        ENVIRONMENT="production",
        SECRET_KEYS="a-secret-of-tests-with-32-characters",
        SIGNING_KEYS="a-signing-key-of-tests-with-32-characters",
        PUBLIC_URL="https://alerts.example.com",
    )

    assert done.returncode == 1
    assert "property-alerts migrate" in done.stdout


def test_health_asks_a_running_service(shown: Shown, tmp_path: Path) -> None:
    until_ready(shown.service.url)
    ready = run(tmp_path, "health", "--ready", "--url", shown.service.url)
    gone = run(tmp_path, "health", "--port", str(free_port()))

    assert (ready.returncode, json.loads(ready.stdout)["status"]) == (0, "ready")
    assert gone.returncode == 1
    assert "does not answer" in gone.stderr


def test_the_list_shows_states_and_nothing_personal(shown: Shown) -> None:
    folder = shown.service.folder

    printed = run(folder, "notifications", "list", "--limit", str(ALERTS))
    machine = json.loads(run(folder, "notifications", "list", "--limit", "1000", "--json").stdout)

    assert len(re.findall(r"(?m)^ ?[0-9a-f]{8}-", printed.stdout)) == len(machine) == ALERTS
    assert "suppressed" in printed.stdout
    for private in ("@", "+1206", "bedroom", "New Listing"):
        assert private not in printed.stdout + json.dumps(machine)


def test_the_list_of_one_user(shown: Shown) -> None:
    found = json.loads(run(shown.service.folder, "notifications", "list", "--user", "990001", "--json").stdout)

    assert [one["user_id"] for one in found] == [990_001]


def test_the_list_of_one_status(shown: Shown) -> None:
    def listed(*options: str) -> list[str]:
        done = run(shown.service.folder, "notifications", "list", "--json", "--limit", "1000", *options)
        return [one["status"] for one in json.loads(done.stdout)]

    everything = listed()
    for status in ("sent", "suppressed", "failed"):
        assert listed("--status", status) == [status] * everything.count(status)
    assert set(everything) == {"sent", "suppressed"}
    assert listed("--status", "SENT", "--limit", "3") == ["sent"] * 3
    assert listed("--status", "sent", "--user", "990001") == ["sent"]
    assert listed("--reason-code", "sent") == ["sent"] * everything.count("sent")
    assert listed("--reason-code", "sent", "--status", "suppressed") == []


def test_the_detail_of_one_notification(shown: Shown) -> None:
    folder = shown.service.folder
    one = json.loads(run(folder, "notifications", "list", "--user", "990001", "--json").stdout)[0]

    printed = words(run(folder, "notifications", "show", one["id"]).stdout)
    machine = json.loads(run(folder, "notifications", "show", one["id"], "--json").stdout)

    assert machine["id"] == one["id"]
    assert f"reference {one['reference']}" in printed
    assert "address buyer.990001@example.com" in printed
    assert "attempt 1" in printed
    assert "sent: the provider took it" in printed


def test_all_ids_of_an_email_find_its_notification(shown: Shown) -> None:
    folder = shown.service.folder
    one = json.loads(run(folder, "notifications", "list", "--user", "990001", "--json").stdout)[0]
    detail = json.loads(run(folder, "notifications", "show", one["id"], "--json").stdout)
    delivery = detail["deliveries"][0]["id"]

    for named in (delivery, f"<{delivery}@localhost>", f"Message-ID: <{delivery}@localhost>", one["reference"]):
        assert json.loads(run(folder, "notifications", "show", named, "--json").stdout) == detail
    listed = run(folder, "notifications", "list", "--message-id", f"<{delivery}@a>", "--channel", "email", "--json")
    assert json.loads(listed.stdout) == [one]


def test_the_list_has_the_filters_and_pages_of_the_api(shown: Shown) -> None:
    folder = shown.service.folder

    def listed(*options: str) -> tuple[list[Any], str]:
        done = run(folder, "notifications", "list", "--json", *options)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout), done.stderr

    everything, nothing_more = listed("--limit", "1000")
    assert nothing_more.startswith("store: ")
    assert "--cursor" not in nothing_more
    first, more = listed("--limit", "30")
    cursor = more.rpartition("There are more: --cursor ")[2].strip()
    assert first + listed("--limit", "1000", "--cursor", cursor)[0] == everything
    alerts = [one for one in everything if one["category"] == "new_listing"]
    assert listed("--category", "new_listing", "--limit", "1000")[0] == alerts != []
    assert listed("--category", "offer")[0] == []
    assert listed("--accepted-before", "2026-01-01T00:00:00Z")[0] == []
    assert listed("--accepted-after", "2026-01-01T00:00:00Z", "--limit", "1000")[0] == everything


@pytest.mark.parametrize(
    ("options", "printed"),
    [
        (("--accepted-after", "yesterday"), "--accepted-after: must be RFC 3339"),
        (("--cursor", "abc"), "--cursor: is not a cursor of this list"),
        (("--delivery-id", "abc"), "--delivery-id: must be an id as an answer gave it"),
        (("--user", "-1"), "--user: must be 0 or more"),
    ],
)
def test_an_impossible_filter_is_reported_in_one_line(tmp_path: Path, options: tuple[str, str], printed: str) -> None:
    done = run(tmp_path, "notifications", "list", *options)

    assert done.returncode == 2
    assert done.stderr.startswith(f"error: {printed}")
    assert done.stderr.count("\n") == 1


def test_a_notification_that_is_not_there_is_reported_in_one_line(shown: Shown) -> None:
    done = run(shown.service.folder, "notifications", "show", "01900000-0000-7000-8000-000000000000")

    store = f"store: sqlite:///{shown.service.folder}/app.db\n"
    assert (done.returncode, done.stderr) == (1, f"{store}error: Notification not found\n")


def test_a_store_without_tables_is_reported_in_one_line(tmp_path: Path) -> None:
    done = run(tmp_path, "notifications", "list")

    assert done.returncode == 2
    assert "property-alerts migrate" in done.stderr
    assert done.stderr.count("\n") == 1


def test_check_reports_the_error_of_the_machines_clock(tmp_path: Path, migrated_postgres_url: str) -> None:
    store = {"DATABASE_URL": migrated_postgres_url}
    wrong = run(tmp_path, "-3600", "check", module="chaos.shifted_clock", **store)
    right = run(tmp_path, "check", **store)

    assert (wrong.returncode, right.returncode) == (0, 0), wrong.stdout + right.stdout
    # An answer that takes long leaves it open by how much.
    assert re.search(r"machine's clock is 3,(59|60)\d s behind that of PostgreSQL", words(wrong.stdout))
    assert "clock" not in right.stdout
