"""The command: runs experiments one after the other, and fails unless every one of them is exact."""

import random
import signal
import sys
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from chaos.experiments import find_experiments
from chaos.outcome import Effort, Outcome, show, write
from chaos.stage import StoreName
from tests.services.process import ServiceFailed, ServiceMissing

EXPERIMENTS = find_experiments()

console = Console(stderr=True)


def _known(name: str | None) -> str | None:
    if name is not None and name not in EXPERIMENTS:
        raise typer.BadParameter(f"must be one of {', '.join(EXPERIMENTS)}")
    return name


Name = Annotated[str | None, typer.Argument(callback=_known, help=f"One of: {', '.join(EXPERIMENTS)}. Default: all.")]
Quick = Annotated[bool, typer.Option("--quick", help="With few calls and kills, in seconds.")]
Store = Annotated[StoreName | None, typer.Option(help="On this store alone.")]
Keys = Annotated[int | None, typer.Option(min=1, help="Notifications, each with an idempotency key of its own.")]
Kills = Annotated[int | None, typer.Option(min=0, help="Kills of API processes, at most.")]
Seed = Annotated[int | None, typer.Option(help="Where every dice comes from. Default: another one each time.")]
Json = Annotated[Path | None, typer.Option(help="Keep the counts in this file, as JSON.")]


def chaos(
    experiment: Name = None,
    *,
    quick: Quick = False,
    store: Store = None,
    keys: Keys = None,
    kills: Kills = None,
    seed: Seed = None,
    json: Json = None,
) -> None:
    """Break the service while it works, and count what came of every call."""
    # SIGTERM ends everything in the same order as Ctrl-C, also in the background, where a shell has SIGINT ignored.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, lambda *_: signal.raise_signal(signal.SIGINT))
    seed = random.SystemRandom().randrange(1_000_000) if seed is None else seed
    outcomes: list[Outcome] = []
    try:
        for name in EXPERIMENTS if experiment is None else [experiment]:
            effort = _effort(name, quick=quick, keys=keys, kills=kills)
            outcomes += [_run(name, one, effort, seed) for one in (StoreName if store is None else [store])]
    except* (ServiceMissing, ServiceFailed) as faults:
        for fault in _leaves(faults):
            console.print(str(fault), style="red", markup=False, soft_wrap=True)
    # Without a terminal nobody says how wide it is.
    show(outcomes, Console(width=None if sys.stdout.isatty() else 160))
    if json is not None:
        write(outcomes, json)
    raise typer.Exit(0 if outcomes and all(one.is_exact for one in outcomes) else 1)


def _effort(name: str, *, quick: bool, keys: int | None, kills: int | None) -> Effort:
    usual = EXPERIMENTS[name].QUICK if quick else EXPERIMENTS[name].FULL
    return replace(usual, keys=usual.keys if keys is None else keys, kills=usual.kills if kills is None else kills)


def _run(name: str, store: StoreName, effort: Effort, seed: int) -> Outcome:
    def say(line: str) -> None:
        console.print(f"{name} on {store}: {line}", markup=False, highlight=False, soft_wrap=True)

    say(f"{effort.keys:,} keys, up to {effort.kills} kills of API processes, seed {seed}")
    return EXPERIMENTS[name].run(store, effort, seed, say)


def _leaves(group: BaseExceptionGroup[BaseException]) -> list[BaseException]:
    found: list[BaseException] = []
    for fault in group.exceptions:
        found += _leaves(fault) if isinstance(fault, BaseExceptionGroup) else [fault]
    return found


if __name__ == "__main__":
    typer.run(chaos)
