"""The command: runs trials of experiments, records each result, and fails if any trial fails."""

import asyncio
import itertools
import math
import random
import signal
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from chaos import record
from chaos.cluster import Cluster, open_cluster
from chaos.experiment import Experiment
from chaos.experiments import find_experiments
from chaos.record import Record
from chaos.run_trial import run_trial
from tests.services.process import ServiceFailed, ServiceMissing

EXPERIMENTS = find_experiments()
ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "docs" / "reliability.jsonl"
PAGE = ROOT / "docs" / "reliability.md"
EVIDENCE = ROOT / "chaos-evidence"

MOST_IN_ONE_TRIAL = 10_000
"""Notifications; their numbers, and so their addresses, are never used again in one run."""

console = Console(stderr=True)


@dataclass
class _Task:
    """What is left to do for one experiment."""

    name: str
    experiment: Experiment
    trials: int


def _chosen(names: list[str] | None) -> list[str]:
    by_id = {experiment.id.lower(): name for name, experiment in EXPERIMENTS.items()}
    chosen = [by_id.get(name.lower(), name) for name in names or EXPERIMENTS]
    if unknown := [name for name in chosen if name not in EXPERIMENTS]:
        known = ", ".join(f"{experiment.id} {name}" for name, experiment in EXPERIMENTS.items())
        raise typer.BadParameter(f"nobody wrote {', '.join(unknown)}. There are: {known}")
    return chosen


Names = Annotated[list[str] | None, typer.Argument(help="Ids or names of experiments. Default: all.", callback=_chosen)]
Trials = Annotated[int | None, typer.Option(min=1, help="Trials of each now. Default: those that are missing yet.")]
Count = Annotated[int | None, typer.Option(min=1, help="Notifications of each trial. Default: the experiment's.")]
Minutes = Annotated[float | None, typer.Option(min=0, help="Spread the missing trials over so much time.")]
Seed = Annotated[int | None, typer.Option(help="Repeat the trial that had this seed, once.")]
Results = Annotated[Path, typer.Option(help="The file to which each trial adds its line.")]
Table = Annotated[bool, typer.Option("--table", help="Only write the table of all trials so far into the page.")]


def chaos(
    names: Names = None,
    *,
    trials: Trials = None,
    count: Count = None,
    minutes: Minutes = None,
    seed: Seed = None,
    results: Results = RESULTS,
    table: Table = False,
) -> None:
    """Break the service while it works, and count what came of every message.

    A run goes on where the file of results says that the last one stopped. At its end the table of
    docs/reliability.md is written anew.
    """
    if table:
        record.write_table(record.read(results), EXPERIMENTS.values(), PAGE)
        return
    # SIGTERM ends everything in the same order as Ctrl-C, also in the background, where a shell has SIGINT ignored.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, lambda *_: signal.raise_signal(signal.SIGINT))
    done = record.count_by_id(record.read(results))
    tasks = []
    for name in names or []:
        experiment = _with_load(EXPERIMENTS[name], count)
        wanted = trials or (1 if seed is not None else experiment.trials - done[experiment.id])
        tasks += [_Task(name, experiment, wanted)] if wanted > 0 else []
    _announce(tasks, results)
    run = _Run(tasks, results, minutes=minutes, seed=seed)
    try:
        run.all()
    except* ServiceMissing as faults:
        run.holds = False
        _show(faults)
    if results == RESULTS:
        record.write_table(record.read(results), EXPERIMENTS.values(), PAGE)
    raise typer.Exit(0 if run.holds else 1)


def _announce(tasks: Sequence[_Task], results: Path) -> None:
    """Say how much there is to do, and how long that took before."""
    before = itertools.chain.from_iterable(record.read(path) for path in {results, RESULTS})
    seconds = record.expected_seconds({task.experiment.id: task.trials for task in tasks}, before)
    trials = sum(task.trials for task in tasks)
    console.print(
        f"{trials} trials of {len(tasks)} experiments: about {seconds / 60:.0f} min, as long as they took before",
        highlight=False,
        soft_wrap=True,
    )


def _with_load(experiment: Experiment, count: int | None) -> Experiment:
    return experiment if count is None else replace(experiment, load=replace(experiment.load, count=count))


class _Run:
    """Goes through tasks, those with the same cluster one after the other."""

    def __init__(self, tasks: Sequence[_Task], results: Path, *, minutes: float | None, seed: int | None) -> None:
        plans = [task.experiment.plan for task in tasks]
        self._tasks = deque(sorted(tasks, key=lambda task: plans.index(task.experiment.plan)))
        self._results = results
        self._ends = math.inf if minutes is None else time.monotonic() + 60 * minutes
        self._seed = seed
        self._numbers = itertools.count(0, MOST_IN_ONE_TRIAL)
        self.holds = True

    def all(self) -> None:
        """Do every task; a cluster on which a trial failed is not used again.

        Raises:
            ServiceMissing: a server's program is not on this machine; in a group of exceptions.
        """
        while self._drop_what_is_done():
            task, left = self._tasks[0], self._tasks[0].trials
            try:
                self._on_one_cluster()
            except* ServiceFailed as faults:
                self.holds = False
                _show(faults)
                if task.trials == left:  # its cluster cannot even be opened
                    task.trials = 0

    def _on_one_cluster(self) -> None:
        plan = self._tasks[0].experiment.plan
        with open_cluster(plan) as cluster:
            while self._drop_what_is_done() and self._tasks[0].experiment.plan == plan:
                if not asyncio.run(self._one(cluster, self._tasks[0])):
                    return

    def _drop_what_is_done(self) -> bool:
        """Whether anything is left to do."""
        while self._tasks and not self._tasks[0].trials:
            self._tasks.popleft()
        return bool(self._tasks)

    async def _one(self, cluster: Cluster, task: _Task) -> bool:
        """The trials of one experiment, as many as its share of the time has room for; False when one failed."""
        share = task.trials / sum(one.trials for one in self._tasks)
        share_ends = time.monotonic() + (self._ends - time.monotonic()) * share
        while task.trials:
            task.trials -= 1
            found = await self._trial(cluster, task)
            if time.monotonic() >= share_ends:
                task.trials = 0
            if not found.holds:
                return False
        return True

    async def _trial(self, cluster: Cluster, task: _Task) -> Record:
        seed = random.SystemRandom().randrange(1_000_000) if self._seed is None else self._seed
        found = await run_trial(task.name, task.experiment, cluster, seed, first=next(self._numbers))
        record.append(found, self._results)
        label = f"{found.id} {found.name}, seed {seed}, {found.seconds:.0f} s: "
        console.print(
            label + found.line(), markup=False, highlight=False, soft_wrap=True, style=None if found.holds else "red"
        )
        if not found.holds:
            self.holds = False
            evidence = EVIDENCE / f"{found.name}-{seed}"
            cluster.keep_logs(evidence)
            console.print(f"its logs are in {evidence.relative_to(ROOT)}", soft_wrap=True)
        return found


def _show(faults: BaseExceptionGroup[BaseException]) -> None:
    for fault in _leaves(faults):
        console.print(str(fault), style="red", markup=False, soft_wrap=True)


def _leaves(group: BaseExceptionGroup[BaseException]) -> list[BaseException]:
    found: list[BaseException] = []
    for fault in group.exceptions:
        found += _leaves(fault) if isinstance(fault, BaseExceptionGroup) else [fault]
    return found


if __name__ == "__main__":
    typer.run(chaos)
