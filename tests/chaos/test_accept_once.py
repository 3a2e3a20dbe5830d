"""API processes and RabbitMQ are killed while callers call: each notification is accepted and sent once (I1, I3)."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.services.process import end, wait_until

ROOT = Path(__file__).parents[2]
COMMAND = [sys.executable, "-m", "chaos"]

# As a shell starts what it is not to wait for: deaf to Ctrl-C.
IN_BACKGROUND = ["/bin/sh", "-c", 'trap "" INT; exec "$@"', "sh"]


@pytest.mark.parametrize(("store", "broker_kills"), [("sqlite", 0), ("postgresql", 1)])
def test_each_of_many_keyed_calls_is_accepted_and_sent_once(store: str, broker_kills: int, tmp_path: Path) -> None:
    counts = tmp_path / "counts.json"

    done = _chaos("accept_once", "--quick", f"--store={store}", f"--json={counts}")

    assert done.returncode == 0, done.stdout + done.stderr
    found = json.loads(counts.read_text())[0]
    assert [found[name] for name in ("accepted", "notifications", "emails")] == [300, 300, 300]
    assert (found["lost"], found["duplicates"], found["wrong"]) == (0, 0, {})
    assert found["api_kills"] > 0
    assert found["broker_kills"] == broker_kills
    assert f"seed {found['seed']}" in done.stderr


def test_an_experiment_that_nobody_wrote_is_refused() -> None:
    done = _chaos("accept_twice")

    assert done.returncode == 2
    assert "accept_once, races" in done.stderr


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_what_is_stopped_leaves_nothing_behind(how: signal.Signals, tmp_path: Path) -> None:
    said = tmp_path / "said"
    folder = tmp_path / "folder"
    folder.mkdir()
    with said.open("wb") as output:
        chaos = subprocess.Popen(
            [*IN_BACKGROUND, *COMMAND, "accept_once", "--store=sqlite"],
            cwd=ROOT,
            env=os.environ | {"TMPDIR": str(folder)},
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    try:
        wait_until(lambda: " accepted by " in said.read_text(), process=chaos, log=said.read_text)
        assert _at_work_in(folder)
    finally:
        end(chaos, how)

    assert chaos.returncode != 0
    assert _at_work_in(folder) == []
    assert list(folder.iterdir()) == []


def _chaos(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*COMMAND, *arguments], cwd=ROOT, capture_output=True, text=True, check=False)


def _at_work_in(folder: Path) -> list[str]:
    """The processes that were started in this folder, and still are."""
    listed = subprocess.run(["ps", "-eo", "pid="], capture_output=True, text=True, check=True)
    return [pid for pid in listed.stdout.split() if _is_in(folder, pid)]


def _is_in(folder: Path, pid: str) -> bool:
    try:
        return Path(f"/proc/{pid}/cwd").readlink().is_relative_to(folder)
    except OSError:
        return False
