"""One service on each store, as a developer starts it, which every test here tries to break."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx2
import pytest

from tests.cli.command import Running, running_dev
from tests.services.callers import a_blocking_caller
from tests.services.shared import Servers

# At its beginning: what follows may be a caller's own words, such as a request id.
_FAULT = re.compile(r"\S+ \[(error|critical)|Traceback")


@dataclass(frozen=True)
class Target:
    """A running service with a worker, and a caller of it."""

    service: Running
    caller: httpx2.Client

    def faults(self) -> list[str]:
        """What it wrote about faults of its own."""
        return [line for line in self.service.errors().splitlines() if _FAULT.match(line)]


@pytest.fixture(scope="package", params=["sqlite", "postgresql"])
def target(
    request: pytest.FixtureRequest,
    servers: Servers,
    tmp_path_factory: pytest.TempPathFactory,
    migrated_sqlite: Callable[[Path], str],
) -> Iterator[Target]:
    """The service, once it is ready."""
    folder = tmp_path_factory.mktemp(request.param)
    store = migrated_sqlite(folder / "fuzz.db") if request.param == "sqlite" else servers.migrated_database()
    with (
        running_dev(folder, DATABASE_URL=store, STORE_TIMEOUT="30") as service,
        a_blocking_caller(service.url) as caller,
    ):
        target = Target(service, caller)
        yield target
        assert target.faults() == []
