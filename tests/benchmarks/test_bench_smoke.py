"""The benchmarks run from end to end and lose nothing. How fast is not asked here."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.services.prepared import run


def bench(results: Path, *options: str) -> dict[str, Any]:
    """What a quick run writes to `results`."""
    done = run("-m", "benchmarks", "--quick", *options, "--json", str(results))
    assert done.returncode == 0, done.stdout + done.stderr
    found: dict[str, Any] = json.loads(results.read_text())
    return found


@pytest.mark.long
@pytest.mark.timeout(600)
def test_a_quick_run_measures_everything_and_every_message_arrives_once(tmp_path: Path) -> None:
    title = "PostgreSQL + RabbitMQ"

    found = bench(tmp_path / "results.json", "--store=postgresql")

    assert [(one["store"], one["connections"]) for one in found["accept"]] == [(title, 1), (title, 64)]
    assert all((one["failed"], one["not_stored"]) == (0, 0) for one in found["accept"])
    assert [(one["store"], one["failed"], one["missing"]) for one in found["history"]] == [(title, 0, 0)]
    assert len(found["history"][0]["reads"]) == 5
    _assert_that_all_was_drained_once(found, title)
    assert {one["messages"] for one in found["limits"]} == {found["drain"][0]["notifications"]}
    (latency,) = found["latency"]
    assert (latency["store"], latency["failed"], latency["missing"], latency["doubled"]) == (title, 0, 0, 0)
    (called,) = found["callbacks"]
    assert (called["store"], called["callbacks"], called["failed"], called["missing"]) == (title, 200, 0, 0)
    assert [(one["store"], one["missing"], one["doubled"]) for one in found["webhooks"]] == [(title, 0, 0)]
    assert [(one["store"], one["records"], one["failed"]) for one in found["listings"]] == [(title, 200, 0)]
    (matched,) = found["matching"]
    assert (matched["searches"], matched["wrong"]) == (5_000, 0)
    assert [kernel["kernel"] for kernel in matched["kernels"]] == ["numpy", "numba"]
    _assert_that_every_alert_was_sent_once(found, title)
    _assert_that_every_rule_decided(found, title)
    assert [(one["digests"], one["doubled"], one["missing"], one["unsettled"]) for one in found["digests"]] == [
        (20, 0, 0, 0),
        (200, 0, 0, 0),
    ]
    cases = ["with addresses", "well", "slow", "down", "nonsense", "with addresses"]
    assert [(one["case"], one["failed"], one["missing"]) for one in found["unaddressed"]] == [
        (case, 0, 0) for case in cases
    ]


def test_one_measurement_can_be_selected(tmp_path: Path) -> None:
    """The one in which the stores differ most."""
    found = bench(tmp_path / "results.json", "--store=sqlite", "--only=drain")

    assert (found["accept"], found["latency"]) == ([], [])
    _assert_that_all_was_drained_once(found, "SQLite + embedded")


def test_the_benchmark_of_decisions_can_be_selected(tmp_path: Path) -> None:
    found = bench(tmp_path / "results.json", "--store=sqlite", "--only=people")

    assert found["accept"] == []
    _assert_that_every_rule_decided(found, "SQLite + embedded")


def _assert_that_every_alert_was_sent_once(found: dict[str, Any], title: str) -> None:
    (alerts,), (burst,) = found["alerts"], found["bursts"]
    assert (alerts["store"], alerts["searches"], alerts["missing"]) == (title, 5_000, 0)
    assert [(one["case"], one["changes"]) for one in alerts["speeds"]] == [("waiting", 80), ("at once", 80)]
    assert (alerts["edited"]["edits"], alerts["edited"]["failed"]) == (5, 0)
    assert (alerts["reached"]["events"], alerts["reached"]["missing"]) == (40, 0)
    assert alerts["reached"]["alerts"] > 0
    assert (burst["store"], burst["updates"], burst["missing"]) == (title, 200, 0)
    assert burst["alerts"] > 0
    assert burst["urgent"] > 0


def _assert_that_every_rule_decided(found: dict[str, Any], title: str) -> None:
    (people,) = found["people"]
    assert (people["store"], people["users"], people["statements"], people["missing"]) == (title, 2_000, 3, 0)
    assert people["decided"].keys() >= {"Collect", "Hold", "Send"}


def _assert_that_all_was_drained_once(found: dict[str, Any], title: str) -> None:
    drained = [(one["store"], one["provider"], one["workers"]) for one in found["drain"]]
    assert drained == [(title, "smtp", 2), (title, "instant", 1)]
    assert all((one["duplicates"], one["missing"], one["unsettled"]) == (0, 0, 0) for one in found["drain"])
