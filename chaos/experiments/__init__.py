"""The experiments, one in each file as `EXPERIMENT`; the file's name is the experiment's."""

import importlib
import pkgutil

from chaos.experiment import Experiment


def find_experiments() -> dict[str, Experiment]:
    """Every experiment by its name, in the order of their ids."""
    names = [module.name for module in pkgutil.iter_modules(__path__)]
    found = {name: importlib.import_module(f"{__name__}.{name}").EXPERIMENT for name in names}
    return dict(sorted(found.items(), key=lambda item: _order(item[1].id)))


def _order(id_: str) -> tuple[str, int, str]:
    digits = "".join(filter(str.isdigit, id_))
    return id_[0], int(digits), id_
