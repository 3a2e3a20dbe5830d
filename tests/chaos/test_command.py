"""The guarantees hold while processes, RabbitMQ and PostgreSQL are killed, and the command reports so."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from chaos.experiments import find_experiments
from tests.services.prepared import run
from tests.services.process import end, wait_until
from tests.services.program import ROOT

# As a shell starts what it is not to wait for: deaf to Ctrl-C.
IN_BACKGROUND = ["/bin/sh", "-c", 'trap "" INT; exec "$@"', "sh"]

# One cluster for all of them; RabbitMQ is killed in A1. What takes longer is for `make chaos`.
CHOICE = ("A1", "B1", "B3", "B6", "B13", "B14a", "B17")


@pytest.mark.long
@pytest.mark.timeout(600)
def test_nothing_is_lost_whatever_is_killed_repeated_or_poisoned(tmp_path: Path) -> None:
    results = tmp_path / "results.jsonl"

    done = _chaos(*CHOICE, "--trials=1", "--count=80", f"--results={results}")

    assert done.returncode == 0, done.stdout + done.stderr
    found = _read(results)
    assert [one["id"] for one in found] == list(CHOICE)
    assert [(one["lost"], one["keyed_duplicates"], one["wrong"]) for one in found] == [(0, 0, {})] * len(found)
    assert [one["id"] for one in found if one["duplicates"] > one["bound"]] == []
    assert [one["id"] for one in found if not one["faults"]] == []
    assert all(f"seed {one['seed']}" in done.stderr for one in found)
    # The experiment with ten thousand calls, with fewer: both APIs and RabbitMQ are killed while they come in.
    assert (found[0]["accepted"], found[0]["duplicates"], found[0]["faults"]) == (80, 0, 4)


@pytest.mark.long
def test_every_process_is_restarted_under_load_and_no_call_is_answered_5xx(tmp_path: Path) -> None:
    results = tmp_path / "results.jsonl"

    done = _chaos("rolling_restart", "--trials=1", "--count=100", f"--results={results}")

    (found,) = _read(results)
    assert (found["lost"], found["duplicates"], found["faults"]) == (0, 0, 4), done.stdout + done.stderr
    # Only a machine without time lets leases of 2 s run out, and leaves doubts about what was never sent.
    assert set(found["wrong"]) <= {"more in doubt than was on the wire"}


@pytest.mark.long
def test_one_sqlite_file_survives_everyone_who_works_on_it(tmp_path: Path) -> None:
    done = _chaos("sqlite_killed", "--trials=1", "--count=100", f"--results={tmp_path}/results.jsonl")

    assert done.returncode == 0, done.stdout + done.stderr


def test_a_run_goes_on_where_the_last_one_stopped(tmp_path: Path) -> None:
    """All trials but those of the others are there already, so that nothing is left to do."""
    results = tmp_path / "results.jsonl"
    experiment = find_experiments()["worker_killed"]
    results.write_text(f"{json.dumps(_a_trial(experiment.id))}\n" * experiment.trials)

    done = _chaos("B3", f"--results={results}")

    assert done.returncode == 0, done.stderr
    assert len(_read(results)) == experiment.trials


def test_an_unknown_experiment_is_refused() -> None:
    done = _chaos("accept_twice")

    assert done.returncode == 2
    assert "B3 worker_killed" in " ".join(done.stderr.replace("│", " ").split())


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_what_is_stopped_leaves_nothing_behind(how: signal.Signals, tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    with (tmp_path / "said").open("wb") as output:
        chaos = subprocess.Popen(
            [*IN_BACKGROUND, sys.executable, "-m", "chaos", "B32", f"--results={tmp_path}/results.jsonl"],
            cwd=ROOT,
            env=os.environ | {"TMPDIR": str(folder)},
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    try:
        wait_until(lambda: _has_begun(folder), process=chaos, log=(tmp_path / "said").read_text)
        assert _at_work_in(folder)
    finally:
        end(chaos, how)

    assert chaos.returncode != 0
    assert _at_work_in(folder) == []
    assert list(folder.iterdir()) == []


def _chaos(*arguments: str) -> subprocess.CompletedProcess[str]:
    return run("-m", "chaos", *arguments)


def _read(results: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in results.read_text().splitlines()]


def _a_trial(id_: str) -> dict[str, Any]:
    counts = ("accepted", "calls", "faults", "lost", "duplicates", "bound", "keyed_duplicates")
    times = ("recovery", "seconds", "slow")
    return {"id": id_, "name": "", "seed": 1, "at": "2026-11-22"} | dict.fromkeys((*counts, *times), 0)


def _has_begun(folder: Path) -> bool:
    """A message came out of the service, so that all of it is at work."""
    return any(journal.stat().st_size for journal in folder.glob("*/journal"))


def _at_work_in(folder: Path) -> list[str]:
    """The processes that were started in this folder, and still are."""
    listed = subprocess.run(["ps", "-eo", "pid="], capture_output=True, text=True, check=True)
    return [pid for pid in listed.stdout.split() if _is_in(folder, pid)]


def _is_in(folder: Path, pid: str) -> bool:
    try:
        return Path(f"/proc/{pid}/cwd").readlink().is_relative_to(folder)
    except OSError:
        return False
