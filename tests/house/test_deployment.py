"""The files around the code agree with the code, and with the documents."""

import re
import shutil
import subprocess
from configparser import ConfigParser
from pathlib import Path
from typing import Any

import pytest
import yaml

from property_alert_notification.cli import WRONG_SETTING

ROOT = Path(__file__).parents[2]
UNITS = ("property-alerts-migrate.service", "property-alerts@.service")
TARGETS = {"setup", "run", "test", "check", "bench", "demo", "help"}


@pytest.fixture
def compose() -> dict[str, Any]:
    return yaml.safe_load((ROOT / "compose.yml").read_text())


def test_make_help_lists_every_target_that_documents_name() -> None:
    shown = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout

    assert set(re.findall(r"^  make (\S+)", shown, re.MULTILINE)) >= TARGETS


def test_every_target_is_listed_by_make_help() -> None:
    makefile = (ROOT / "Makefile").read_text()
    phony = re.search(r"^\.PHONY: (.+)$", makefile, re.MULTILINE)

    assert phony is not None
    assert set(phony[1].split()) == set(re.findall(r"^([a-z-]+):.*## \S", makefile, re.MULTILINE))


def test_the_sample_settings_begin_with_the_five_that_existing_installations_have() -> None:
    assert (ROOT / ".env-sample").read_text().splitlines()[:5] == [
        'PROJECT_NAME="property-alert-notification"',
        "ENVIRONMENT=local",
        'DATABASE_URL="sqlite+aiosqlite:///./app.db"',
        'QUEUE_BROKER_URL="amqp://guest:guest@localhost/"',
        'QUEUE_ROUTING_KEY="property_alert"',
    ]


def test_compose_starts_the_two_servers_unasked_and_the_service_by_its_profile(compose: dict[str, Any]) -> None:
    services = compose["services"]

    unasked = {name for name, service in services.items() if not service.get("profiles")}
    by_profile = {name for name, service in services.items() if service.get("profiles") == ["service"]}
    assert unasked == {"rabbitmq", "postgres"}
    assert by_profile == {"migrate", "api", "worker", "matcher"}


def test_compose_publishes_ports_to_this_machine_only(compose: dict[str, Any]) -> None:
    published = [port for service in compose["services"].values() for port in service.get("ports", [])]

    assert published
    assert all(port.startswith("127.0.0.1:") for port in published)


def test_compose_waits_only_for_what_has_a_health_check_or_an_end(compose: dict[str, Any]) -> None:
    services = compose["services"]

    for service in services.values():
        for name, wish in service.get("depends_on", {}).items():
            if wish["condition"] == "service_healthy":
                assert services[name]["healthcheck"]["test"]
            else:
                assert services[name]["restart"] == "no"


def test_compose_declares_every_volume_it_mounts(compose: dict[str, Any]) -> None:
    mounted = {
        volume.split(":")[0] for service in compose["services"].values() for volume in service.get("volumes", [])
    }

    assert mounted == set(compose["volumes"])


def _unit(name: str) -> ConfigParser:
    unit = ConfigParser(strict=False, interpolation=None)
    unit.optionxform = str  # type: ignore[assignment,method-assign]
    unit.read(ROOT / "deploy" / name)
    return unit


@pytest.mark.parametrize("name", UNITS)
def test_a_unit_survives_a_reboot_without_its_database_and_stops_on_a_wrong_setting(name: str) -> None:
    unit = _unit(name)

    assert unit["Unit"]["StartLimitIntervalSec"] == "0"
    assert unit["Service"]["Restart"] == "on-failure"
    assert unit["Service"]["RestartPreventExitStatus"] == str(WRONG_SETTING)


def test_the_unit_that_migrates_waits_for_as_long_as_it_takes_since_the_others_require_it() -> None:
    migrating, role = (_unit(name) for name in UNITS)

    assert role["Unit"]["Requires"] == UNITS[0]
    assert migrating["Service"]["ExecStart"].endswith("property-alerts migrate --wait inf")
    assert migrating["Service"]["TimeoutStartSec"] == "infinity"


@pytest.mark.parametrize("name", UNITS)
def test_systemd_finds_nothing_wrong_with_a_unit(name: str, tmp_path: Path) -> None:
    program = shutil.which("systemd-analyze")
    if program is None:  # the tests above have read it
        return
    for unit in UNITS:
        text = (ROOT / "deploy" / unit).read_text()
        # The program is not installed on this machine.
        (tmp_path / unit).write_text(text.replace("/opt/property-alerts/bin/property-alerts", "/bin/true"))
    instance = name.replace("@.", "@worker.")

    done = subprocess.run(
        [program, "verify", "--man=no", instance],
        cwd=tmp_path,
        env={"SYSTEMD_UNIT_PATH": f"{tmp_path}:", "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert [line for line in done.stderr.splitlines() if "property-alerts" in line] == []


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-dev.lock", "requirements-mutants.lock"])
def test_a_lock_has_hashes_and_no_address(lock: str) -> None:
    text = (ROOT / lock).read_text()

    assert "://" not in text
    pins = re.split(r"\n(?=[a-z0-9])", text, flags=re.IGNORECASE)
    assert all("--hash=sha256:" in pin for pin in pins)


def test_what_runs_is_pinned_to_what_was_tested() -> None:
    runs, tested = (
        set(re.findall(r"^([\w.-]+==\S+)", (ROOT / lock).read_text(), re.MULTILINE))
        for lock in ("requirements.lock", "requirements-dev.lock")
    )

    assert runs <= tested
