"""The experiments, one in each file; the file's name is the experiment's.

Each has `FULL` and `QUICK`, how much it does by default, and `run`.
"""

import importlib
import pkgutil
from collections.abc import Callable
from typing import Protocol, cast

from chaos.outcome import Effort, Outcome
from chaos.stage import StoreName


class Experiment(Protocol):
    """What every file here offers."""

    FULL: Effort
    QUICK: Effort

    def run(self, store: StoreName, effort: Effort, seed: int, say: Callable[[str], None]) -> Outcome:
        """Do it, telling how far it is; the seed is where every dice comes from."""


def find_experiments() -> dict[str, Experiment]:
    """Every experiment by its name."""
    names = [module.name for module in pkgutil.iter_modules(__path__)]
    return {name: cast(Experiment, importlib.import_module(f"{__name__}.{name}")) for name in names}
