"""Settings as people have them: each command works with them, or refuses them by one line that names the variable."""

import logging
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from property_alert_notification.cli import main
from tests.cli.command import run
from tests.services.process import PATIENCE, free_port
from tests.services.program import ROOT, environment

SECRET = "s3cret"
WORKER = ROOT / "src/property_alert_notification/notification_worker/worker.py"
EVERYWHERE = {
    "DATABASE_URL": f"postgresql://u:{SECRET}@db:port/x",
    "QUEUE_BROKER_URL": f"amqp://u:{SECRET}@q/v?heartbeat=soon",
    "LEASE": "20s",
    "WORKER_METRICS_HOST": "no.such.name.invalid",
    "REDIRECT_EMAIL_TO": "nobody",
    "EMAIL_PROVIDER": "pigeon",
}


@dataclass(frozen=True)
class Done:
    """How a command ended."""

    returncode: int
    stdout: str
    stderr: str


@pytest.fixture
def call(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Callable[..., Done]]:
    """Runs a command that ends by itself in this very process, which costs a tenth of a process of its own."""
    handlers, level = logging.root.handlers[:], logging.root.level

    def run_here(*arguments: str, **settings: str) -> Done:
        monkeypatch.setattr(sys, "argv", ["property-alerts", *arguments])
        for name, value in settings.items():
            monkeypatch.setenv(name, value)
        with pytest.raises(SystemExit) as ended:
            main()
        code = ended.value.code
        return Done(code if isinstance(code, int) else 0, *capsys.readouterr())

    yield run_here
    logging.disable(logging.NOTSET)
    logging.root.handlers[:] = handlers
    logging.root.setLevel(level)


def _assert_one_line(done: Done | subprocess.CompletedProcess[str], variable: str) -> None:
    lines = [line for line in done.stderr.splitlines() if "[info" not in line]
    assert done.returncode == 2, done.stderr
    assert len(lines) == 1, done.stderr
    assert lines[0].startswith(f"error: {variable}: ")
    assert SECRET not in done.stdout + done.stderr


@pytest.mark.parametrize("variable", EVERYWHERE)
def test_check_api_and_worker_refuse_the_same(call: Callable[..., Done], tmp_path: Path, variable: str) -> None:
    settings = {"WORKER_METRICS_PORT": str(free_port()), variable: EVERYWHERE[variable]}

    _assert_one_line(call("api", "--port", str(free_port()), **settings), variable)
    _assert_one_line(call("worker"), variable)
    checked = call("check")

    assert checked.returncode == 1
    assert f"{variable}: " in checked.stdout
    assert SECRET not in checked.stdout + checked.stderr
    assert not (tmp_path / "app.db").exists()


@pytest.mark.parametrize("variable", ["AT_MOST_ONCE_CATEGORIES", "at_most_once_categories"])
def test_a_removed_setting_names_its_replacement(call: Callable[..., Done], variable: str) -> None:
    """To ignore it would send twice what was to be sent at most once."""
    done = call("worker", **{variable: "digest"})

    _assert_one_line(done, variable)
    assert 'on_unknown = "give_up"' in done.stderr
    assert "CATEGORIES_FILE" in done.stderr


def test_check_and_worker_refuse_the_same_file_of_categories(call: Callable[..., Done], tmp_path: Path) -> None:
    file = tmp_path / "categories.toml"
    file.write_text('[viewing]\nmessage_ttl = "soon"\n')

    _assert_one_line(call("worker", CATEGORIES_FILE=str(file)), "CATEGORIES_FILE")
    checked = call("check")

    assert checked.returncode == 1
    assert f"CATEGORIES_FILE: {file}, line 2: viewing.message_ttl must be a number" in checked.stdout


def test_check_and_worker_refuse_the_same_of_a_provider(call: Callable[..., Done]) -> None:
    settings = {"SMS_PROVIDER": "http", "SMS_HTTP_URL": f"http://u:{SECRET}@gateway:port/"}

    _assert_one_line(call("worker", **settings), "SMS_HTTP_URL")
    checked = call("check")

    assert (checked.returncode, SECRET in checked.stdout) == (1, False)
    assert "SMS_HTTP_URL: " in checked.stdout


def test_check_and_worker_refuse_the_same_dkim_key(call: Callable[..., Done], tmp_path: Path) -> None:
    (tmp_path / "dkim.pem").write_text(f"-----BEGIN PRIVATE KEY-----\n{SECRET}\n-----END PRIVATE KEY-----\n")
    settings = {"EMAIL_PROVIDER": "smtp", "EMAIL_FROM": "alerts@example.com"}
    settings |= {"DKIM_DOMAIN": "example.com", "DKIM_SELECTOR": "s1", "DKIM_KEY_FILE": str(tmp_path / "dkim.pem")}

    _assert_one_line(call("worker", **settings), "DKIM_KEY_FILE")
    checked = call("check")

    assert (checked.returncode, SECRET in checked.stdout) == (1, False)
    assert "DKIM_KEY_FILE: " in checked.stdout


@pytest.mark.parametrize(
    "command",
    [
        ["dev"],
        ["migrate"],
        ["migrate", "--check"],
        ["keys", "list"],
        ["audit"],
        ["pauses"],
        ["quarantine", "list"],
        ["notifications", "list"],
        ["providers"],
    ],
)
def test_every_command_refuses_a_wrong_store_alike(call: Callable[..., Done], command: list[str]) -> None:
    _assert_one_line(call(*command, DATABASE_URL=EVERYWHERE["DATABASE_URL"]), "DATABASE_URL")


@pytest.mark.parametrize("program", [["-m", "property_alert_notification.main"], [str(WORKER)]])
def test_the_other_ways_to_start_refuse_it_alike(tmp_path: Path, program: list[str]) -> None:
    done = subprocess.run(
        [sys.executable, *program],
        cwd=tmp_path,
        env=environment(DATABASE_URL=EVERYWHERE["DATABASE_URL"]),
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )

    _assert_one_line(done, "DATABASE_URL")


def test_a_server_that_runs_the_application_object_fails_in_one_line(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "uvicorn", "--port", str(free_port()), "property_alert_notification.main:app"],
        cwd=tmp_path,
        env=environment(DATABASE_URL="sqlite:////no/such/folder/app.db"),
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )

    assert done.returncode != 0
    assert "error: DATABASE_URL: the store cannot be used (there is no folder /no/such/folder)" in done.stderr
    assert "Traceback" not in done.stderr


def test_commands_that_read_make_no_store(call: Callable[..., Done], tmp_path: Path) -> None:
    for command in (["notifications", "list"], ["keys", "list"], ["pauses"], ["providers"], ["quarantine", "list"]):
        done = call(*command)
        assert done.returncode == 2
        assert f"there is no store at sqlite:///{tmp_path}/app.db" in done.stderr
        assert "property-alerts migrate" in done.stderr
    assert call("check").returncode == 0
    staging = {
        "ENVIRONMENT": "staging",
        "SECRET_KEYS": "a-secret-of-tests-with-32-characters",
        "SIGNING_KEYS": "a-signing-key-of-tests-with-32-characters",
        "PUBLIC_URL": "https://alerts.example.com",
    }
    assert call("api", "--port", str(free_port()), EMAIL_PROVIDER="smtp", **staging).returncode == 2

    assert list(tmp_path.iterdir()) == []


def test_links_need_a_public_url_over_tls_and_a_key_outside_local(tmp_path: Path) -> None:
    given = {
        "ENVIRONMENT": "production",
        "EMAIL_PROVIDER": "smtp",
        "SMS_PROVIDER": "none",
        "SECRET_KEYS": "a-secret-of-tests-with-32-characters",
    }

    _assert_one_line(run(tmp_path, "worker", **given), "SIGNING_KEYS")
    given["SIGNING_KEYS"] = "a-signing-key-of-tests-with-32-characters"
    _assert_one_line(run(tmp_path, "worker", **given), "PUBLIC_URL")
    _assert_one_line(run(tmp_path, "worker", **given, PUBLIC_URL="http://alerts.example.com"), "PUBLIC_URL")


def test_the_settings_may_be_in_any_file_and_the_store_is_named(tmp_path: Path) -> None:
    settings = tmp_path / "production.env"
    settings.write_text(f"DATABASE_URL=sqlite:///{tmp_path}/alerts.db\n")
    folder = tmp_path / "elsewhere"
    folder.mkdir()

    assert run(folder, "--env-file", str(settings), "migrate").returncode == 0
    listed = run(folder, "--env-file", str(settings), "keys", "list", "--json")
    missing = run(folder, "--env-file", "none.env", "keys", "list")

    assert (listed.returncode, listed.stdout) == (0, "[]\n")
    assert listed.stderr == f"store: sqlite:///{tmp_path}/alerts.db\n"
    assert (tmp_path / "alerts.db").exists()
    assert (missing.returncode, missing.stderr.count("\n")) == (2, 1)
    assert missing.stderr.startswith("error: none.env: cannot be read")


def test_a_misspelt_name_is_warned_of_and_stops_nothing(tmp_path: Path) -> None:
    (tmp_path / ".env").write_bytes("\ufeffDATABSE_URL=x\r\n".encode())

    done = run(tmp_path, "check")

    assert done.returncode == 0
    assert done.stderr == "warning: .env: DATABSE_URL is no setting. Did you mean DATABASE_URL?\n"


def _shell(folder: Path, line: str, **settings: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["/bin/sh", "-c", line.replace("property-alerts", f"{sys.executable} -m property_alert_notification.cli")],
        cwd=folder,
        env=environment(**settings),
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )


@pytest.mark.usefixtures("migrated_sqlite_url")
def test_a_command_bears_any_stream(tmp_path: Path) -> None:
    for line, code in (
        ("property-alerts check >&- 2>&- <&-", 0),
        ("property-alerts check >/dev/full", 1),
        ("property-alerts check | head -0", 0),
        ("property-alerts keys list >/dev/full", 1),
        ("property-alerts keys create --name crm --scope admin >&-", 2),
    ):
        done = _shell(tmp_path, line)
        assert (line, done.returncode, "Traceback" in done.stderr) == (line, code, False), done.stderr
        assert "Exception ignored" not in done.stderr
    assert run(tmp_path, "keys", "list", "--json").stdout == "[]\n"

    done = _shell(tmp_path, "property-alerts check", PYTHONUTF8="0", PYTHONIOENCODING="ascii", LC_ALL="C")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.isascii()
