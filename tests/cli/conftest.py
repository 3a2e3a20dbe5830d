"""A service that all tests of the command line share, with the demo's alerts in it."""

import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.cli.command import Running, run, running_dev

ALERTS = 40


@dataclass
class Shown:
    """A running service, and what the demo printed when it had sent its alerts through it."""

    service: Running
    demo: subprocess.CompletedProcess[str]


@pytest.fixture(scope="package")
def shown(tmp_path_factory: pytest.TempPathFactory, migrated_sqlite: Callable[[Path], str]) -> Iterator[Shown]:
    folder = tmp_path_factory.mktemp("dev")
    migrated_sqlite(folder / "app.db")
    with running_dev(folder) as service:
        yield Shown(service, run(folder, "demo", "--url", service.url, "--count", str(ALERTS), "--homes", "0"))
