"""`providers`: what an operator learns about them from another process."""

import json
from pathlib import Path

import pytest

from tests.cli.command import complaint, run, run_until, running_dev, words
from tests.services.process import free_port, wait_until

SETTINGS = {
    "EMAIL_PROVIDER": "smtp,smtp@backup",
    "EMAIL_FROM": "alerts@example.com",
    "SMTP_HOST": "127.0.0.1",
    "SMTP_STARTTLS": "off",
    "SMTP_RATE": "12.5",
    "SMTP_BACKUP_HOST": "127.0.0.1",
    "SMTP_BACKUP_STARTTLS": "off",
    "SMTP_BACKUP_CONNECTIONS": "3",
}

FOUND = "email by smtp, as workers find it: the SMTP server did not get past the greeting"


@pytest.mark.usefixtures("migrated_sqlite_url")
def test_order_limits_and_breakers_are_shown_by_another_process(tmp_path: Path) -> None:
    settings = SETTINGS | {"SMTP_PORT": str(free_port()), "SMTP_BACKUP_PORT": str(free_port())}
    with running_dev(tmp_path, **settings) as service:
        run(tmp_path, "demo", "--url", service.url, "--count", "10", "--homes", "0", "--patience", "1")

        def printed() -> list[dict[str, object]]:
            done = run(tmp_path, "providers", "--json", **settings)
            assert done.returncode == 0, done.stderr
            entries: list[dict[str, object]] = json.loads(done.stdout)
            return entries

        def both_are_left_alone() -> bool:
            states = [one["state"] for entry in printed() for one in entry["breakers"]]  # type: ignore[attr-defined]
            return len(states) == 3 and "closed" not in states[:2]

        wait_until(both_are_left_alone, process=service.process, log=service.output)
        entries = printed()
        # A worker that is slow to report counts for nothing, and readiness does not wait for a store that is slow.
        shown = words(
            run_until(tmp_path, "providers", wanted=lambda printed: "(1 of 1 worker)" in words(printed), **settings)
        )
        checked = words(run_until(tmp_path, "check", wanted=lambda printed: FOUND in words(printed), **settings))
        ready = json.loads(
            run_until(
                tmp_path,
                "health",
                "--ready",
                "--url",
                service.url,
                wanted=lambda printed: '"email by smtp@backup"' in printed,
            )
        )

    assert [(one["channel"], one["order"], one["provider"], one["at_once"], one["per_second"]) for one in entries] == [
        ("email", 1, "smtp", 8, 12.5),
        ("email", 2, "smtp@backup", 3, None),
        ("sms", 1, "mailbox", 512, None),
    ]
    assert "(1 of 1 worker) since " in shown
    assert "the SMTP server did not get past the greeting (ConnectionRefusedError)" in shown
    assert "closed (1 worker)" in shown
    assert FOUND in checked
    assert ready["status"] == "degraded"
    assert set(ready["providers"]) == {"email by smtp", "email by smtp@backup"}
    assert "no worker reports" in words(run(tmp_path, "providers", **settings).stdout)


@pytest.mark.usefixtures("migrated_sqlite_url")
def test_an_unused_channel_has_its_reason(tmp_path: Path) -> None:
    settings = {"SMS_PROVIDER": "none"}
    assert "none the channel is not used" in " ".join(words(run(tmp_path, "providers", **settings).stdout).split())
    assert "sms not used (SMS_PROVIDER=none)" in " ".join(words(run(tmp_path, "check", **settings).stdout).split())

    done = run(tmp_path, "check", EMAIL_PROVIDER="none", **settings)
    assert done.returncode == 1
    assert "EMAIL_PROVIDER: every channel has the provider none" in words(done.stdout)


def test_a_wrong_setting_of_the_second_provider_is_named(tmp_path: Path, migrated_sqlite_url: str) -> None:
    settings = SETTINGS | {"SMTP_BACKUP_PORT": "many", "DATABASE_URL": migrated_sqlite_url}

    done = run(tmp_path, "providers", **settings)

    assert done.returncode == 2
    assert complaint(done).startswith("error: SMTP_BACKUP_PORT: ")
    assert done.stderr.count("error: ") == 1
