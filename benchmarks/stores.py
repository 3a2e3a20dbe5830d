"""The two setups that are measured, on a real disk and with every flush: SQLite alone, and PostgreSQL with RabbitMQ."""

import itertools
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from benchmarks import cpu
from tests.services.postgres import Postgres
from tests.services.rabbitmq import RabbitMQ


class StoreName(StrEnum):
    """How a setup is chosen on the command line."""

    SQLITE = "sqlite"
    POSTGRESQL = "postgresql"


class Store(Protocol):
    """One setup."""

    title: str
    works_in_one_process: bool
    """Whether API and worker usually are one."""

    def fresh(self) -> dict[str, str]:
        """The settings of a service on an empty database of its own."""

    def cpu_seconds(self) -> float:
        """How much of the processors its own processes have taken."""


@contextmanager
def open_store(name: StoreName) -> Iterator[Store]:
    """Start what a setup needs, and stop it at the end.

    Raises:
        ServiceMissing: a server's program is not on this machine.
        ServiceFailed: a server did not start.
    """
    if name is StoreName.SQLITE:
        with tempfile.TemporaryDirectory(prefix="benchmark-") as folder:
            yield _Sqlite(Path(folder))
    else:
        with Postgres(durable=True) as postgres, RabbitMQ() as rabbitmq:
            yield _Postgresql(postgres, rabbitmq)


@dataclass
class _Sqlite:
    folder: Path
    title = "SQLite + embedded"
    works_in_one_process = True

    def __post_init__(self) -> None:
        self._numbers = itertools.count(1)

    def fresh(self) -> dict[str, str]:
        path = self.folder / f"{next(self._numbers)}.db"
        return _common() | {"DATABASE_URL": f"sqlite+aiosqlite:///{path}", "QUEUE_BROKER_URL": "embedded://"}

    def cpu_seconds(self) -> float:
        return 0.0


@dataclass
class _Postgresql:
    postgres: Postgres
    rabbitmq: RabbitMQ
    title = "PostgreSQL + RabbitMQ"
    works_in_one_process = False

    def __post_init__(self) -> None:
        self._numbers = itertools.count(1)

    def fresh(self) -> dict[str, str]:
        return _common() | {
            "DATABASE_URL": self.postgres.create_database(),
            "QUEUE_BROKER_URL": self.rabbitmq.url,
            "QUEUE_ROUTING_KEY": f"benchmark_{next(self._numbers)}",
        }

    def cpu_seconds(self) -> float:
        pid = self.postgres.pid()
        return 0.0 if pid is None else cpu.seconds_of(pid)


def _common() -> dict[str, str]:
    """Logs as in production: of the usual level, for machines. Local, so that the store is migrated at start."""
    return {"ENVIRONMENT": "local", "LOG_FORMAT": "json"}
