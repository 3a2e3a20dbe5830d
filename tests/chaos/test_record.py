"""The table of docs/reliability.md is made from the lines that the trials left, and says what they say."""

from dataclasses import replace
from pathlib import Path

import pytest

from chaos import record
from chaos.experiment import Bound, Experiment
from chaos.experiments import find_experiments
from chaos.record import Record
from chaos.trial import Trial

ROOT = Path(__file__).parents[2]

FINE = Record(
    id="B0",
    name="nothing",
    seed=7,
    at="2026-11-22",
    accepted=200,
    calls=210,
    faults=1,
    lost=0,
    duplicates=2,
    bound=3,
    keyed_duplicates=0,
    recovery=1.5,
    seconds=4.0,
    slow=0.05,
)


async def _nothing(trial: Trial) -> None:
    """No fault."""


def _experiment(bound: Bound) -> Experiment:
    return Experiment(id="B0", question="What if?", disturb=_nothing, trials=2, bound=bound)


@pytest.mark.parametrize(
    "fault", [{"lost": 1}, {"keyed_duplicates": 1}, {"duplicates": 4}, {"wrong": {"a call that hung": 1}}]
)
def test_one_wrong_thing_fails_the_trial(fault: dict[str, object]) -> None:
    assert FINE.holds
    assert not replace(FINE, **fault).holds


def test_trials_are_kept_one_line_each(tmp_path: Path) -> None:
    results = tmp_path / "results.jsonl"

    record.append(FINE, results)
    record.append(replace(FINE, seed=8, wrong={"a call that hung": 1}), results)

    assert record.read(results) == [FINE, replace(FINE, seed=8, wrong={"a call that hung": 1})]
    assert record.count_by_id(record.read(results)) == {"B0": 2}
    assert record.read(tmp_path / "none") == []


def test_what_is_left_takes_as_long_as_it_took_before() -> None:
    """The usual time of an experiment, and for one that was never done that of the others."""
    trials = [replace(FINE, seconds=seconds) for seconds in (4.0, 5.0, 60.0)]

    assert record.expected_seconds({"B0": 2, "B1": 1}, trials) == 2 * 5.0 + 5.0
    assert record.expected_seconds({"B0": 2}, []) == 0.0


def test_a_row_is_the_sum_of_its_trials(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(f"before\n{record.BEGIN}\nold\n{record.END}\nafter\n")
    trials = [FINE, replace(FINE, seed=8, recovery=2.5, accepted=1_000)]

    record.write_table(trials, [_experiment(Bound.ON_THE_WIRE)], page)

    lines = page.read_text().splitlines()
    assert "| B0 | What if? | 2 | 0 | 1,200 | 0 | 4 | 6 | 0 | 2.0, at most 2.5 | 8 | 2026-11-22 |" in lines
    assert (lines[0], lines[-1]) == ("before", "after")
    assert "old" not in lines


def test_the_page_matches_the_file(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    kept = ROOT / "docs" / "reliability.md"
    page.write_text(kept.read_text())

    record.write_table(record.read(ROOT / "docs" / "reliability.jsonl"), find_experiments().values(), page)

    assert page.read_text() == kept.read_text()


def test_every_experiment_has_an_id_and_a_question_of_its_own() -> None:
    experiments = find_experiments().values()

    assert len({one.id for one in experiments}) == len({one.question for one in experiments}) == len(experiments)
    assert all(one.question.endswith("?") for one in experiments)
