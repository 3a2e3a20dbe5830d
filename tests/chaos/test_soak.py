"""The soak distinguishes growth from noise, and runs."""

import json
from pathlib import Path

import pytest

from chaos.soak.trend import trend
from tests.services.prepared import run


def test_what_fills_up_at_the_start_and_then_stays_does_not_grow() -> None:
    assert not trend("worker-1: memory, MB", [*range(50, 110), *[110.0] * 400]).grows


def test_what_goes_up_and_down_does_not_grow() -> None:
    assert not trend("store: WAL, MB", [10.0 + moment % 64 for moment in range(480)]).grows


def test_a_few_outliers_are_noise() -> None:
    assert not trend("api-1: open files", [20.0] * 470 + [200.0] * 10).grows


@pytest.mark.parametrize("gauge", ["worker-1: memory, MB", "worker-1: open files", "store: connections"])
def test_what_leaks_slowly_grows(gauge: str) -> None:
    assert trend(gauge, [100.0 + moment / 10 for moment in range(480)]).grows


def test_a_short_run_shows_no_growth() -> None:
    with pytest.raises(ValueError, match="4 values say nothing"):
        trend("api-1: open files", [1.0] * 4)


@pytest.mark.long
def test_a_soak_counts_every_message_and_every_gauge(tmp_path: Path) -> None:
    """A short one: whether anything grows cannot be seen in so little time."""
    results = tmp_path / "results.json"

    done = run("-m", "chaos.soak", "--minutes=0.4", "--rate=5", "--store=sqlite", f"--json={results}")

    assert results.exists(), done.stdout + done.stderr
    (found,) = json.loads(results.read_text())
    assert found["accepted"] > 0
    assert (found["ends"], found["wrong"]) == ({"sent": 2 * found["accepted"]}, {})
    assert {one["gauge"] for one in found["trends"]} >= {"worker-1: memory, MB", "api-1: open files", "store: WAL, MB"}
