"""The benchmarks run from end to end and lose nothing. How fast is not asked here."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.timeout(300)
@pytest.mark.parametrize(("store", "title"), [("sqlite", "SQLite + embedded"), ("postgresql", "PostgreSQL + RabbitMQ")])
def test_a_quick_run_measures_everything_and_every_message_arrives_once(store: str, title: str, tmp_path: Path) -> None:
    results = tmp_path / "results.json"

    done = subprocess.run(
        [sys.executable, "-m", "benchmarks", "--quick", "--store", store, "--json", results],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    found = json.loads(results.read_text())
    assert [(one["store"], one["connections"]) for one in found["accept"]] == [(title, 1), (title, 16), (title, 64)]
    assert all((one["failed"], one["not_stored"]) == (0, 0) for one in found["accept"])
    assert [(one["store"], one["failed"], one["missing"]) for one in found["history"]] == [(title, 0, 0)]
    assert len(found["history"][0]["reads"]) == 5
    drained = [(one["provider"], one["workers"]) for one in found["drain"]]
    assert drained == [("smtp", 1), ("smtp", 2), ("instant", 1), ("instant", 2)]
    assert all((one["duplicates"], one["missing"], one["unsettled"]) == (0, 0, 0) for one in found["drain"])
    assert {one["messages"] for one in found["limits"]} == {found["drain"][0]["notifications"]}
    (latency,) = found["latency"]
    assert (latency["store"], latency["failed"], latency["missing"], latency["doubled"]) == (title, 0, 0, 0)


def test_one_measurement_can_be_asked_for(tmp_path: Path) -> None:
    results = tmp_path / "results.json"

    done = subprocess.run(
        [sys.executable, "-m", "benchmarks", "--quick", "--store=sqlite", "--only=drain", "--json", results],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    found = json.loads(results.read_text())
    assert found["accept"] == []
    assert len(found["drain"]) == 4
