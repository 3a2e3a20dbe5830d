"""Long tests first: a run on several workers then does not end with one of them at work and the others idle.

`--dist worksteal` gives each worker a part of the tests, in their order. Each part begins with its share of the long
ones.
"""

from collections.abc import Sequence
from typing import TypeVar

import pytest

Test = TypeVar("Test")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "long: takes more than some 15 seconds, mostly waiting for processes")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """One process alone keeps the order of the files."""
    workers: int = getattr(config, "workerinput", {}).get("workercount", 1)
    if workers > 1:
        is_long = [item.get_closest_marker("long") is not None for item in items]
        items[:] = spread(items, is_long, workers)


def spread(tests: Sequence[Test], is_long: Sequence[bool], workers: int) -> list[Test]:
    """The tests in as many parts as there are workers, each of which begins with its share of the long ones."""
    long = [test for test, its in zip(tests, is_long, strict=True) if its]
    others = iter([test for test, its in zip(tests, is_long, strict=True) if not its])
    ordered: list[Test] = []
    for worker in range(workers):
        end = len(tests) * (worker + 1) // workers
        ordered += long[worker::workers]
        ordered += [next(others) for _ in range(end - len(ordered))]
    return ordered
