"""The two setups that are measured, on a real disk and with every flush: SQLite alone, and PostgreSQL with RabbitMQ."""

import itertools
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from typing import Protocol

from benchmarks import cpu
from tests.services.migrate import migrate
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
        """The settings of a service on a database of its own, which has the newest schema and no rows."""

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
        shutil.copy(self._template, path)
        return _common() | {"DATABASE_URL": f"sqlite+aiosqlite:///{path}", "QUEUE_BROKER_URL": "embedded://"}

    def cpu_seconds(self) -> float:
        return 0.0

    @cached_property
    def _template(self) -> Path:
        """Migrated once, and copied for each measurement."""
        path = self.folder / "template.db"
        migrate(f"sqlite+aiosqlite:///{path}")
        return path


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
            "DATABASE_URL": self.postgres.create_database(template=self._template),
            "QUEUE_BROKER_URL": self.rabbitmq.url,
            "QUEUE_ROUTING_KEY": f"benchmark_{next(self._numbers)}",
        }

    def cpu_seconds(self) -> float:
        pid = self.postgres.pid()
        return 0.0 if pid is None else cpu.seconds_of(pid)

    @cached_property
    def _template(self) -> str:
        """Migrated once, and copied for each measurement."""
        url = self.postgres.create_database()
        migrate(url)
        return url


def _common() -> dict[str, str]:
    """Logs as in production: of the usual level, for machines. Local, so that calls need no key."""
    return {"ENVIRONMENT": "local", "LOG_FORMAT": "json"}
