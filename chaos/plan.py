"""What an experiment needs: the parts of its cluster, and the load that the callers put on it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class StoreName(StrEnum):
    """The store; RabbitMQ comes with PostgreSQL, and SQLite with the built-in broker."""

    SQLITE = "sqlite"
    POSTGRESQL = "postgresql"


@dataclass(frozen=True, slots=True)
class Plan:
    """The cluster an experiment needs; experiments with the same plan share one."""

    store: StoreName = StoreName.POSTGRESQL
    workers: int = 2
    matchers: int = 0
    small_disk: bool = False
    """PostgreSQL's files lie on a disk of their own, which can be filled."""
    proxied: bool = False
    """The workers reach store and broker through proxies that can cut, stop and delay what passes."""
    settings: Mapping[str, str] = field(default_factory=dict)
    """Of the service, besides those that every cluster has."""
    ahead: Mapping[str, float] = field(default_factory=dict)
    """By name (`api-1`, `worker-2`), the seconds by which the clock of a process's machine is ahead."""


PATIENT = Plan(settings={"STORE_TIMEOUT": "4"})
"""Where no call may be answered 5xx, a machine that is short of time must not be what answers it."""


@dataclass(frozen=True, slots=True)
class Load:
    """What the callers submit in one trial, each by email and by SMS."""

    count: int = 200
    """Notifications, each with an idempotency key of its own."""
    rate: float = 100.0
    """Of them per second; a fault should find the service at work."""
    racers: int = 1
    """Calls with the same key at once."""
    replayed: bool = False
    """Every call is made once more at the end, when it is answered already."""
    path: str = "/api/v1/notifications/"
    """Where they are submitted."""
    shape: Callable[[dict[str, Any], int], None] | None = None
    """Changes the body of the n-th notification before it is submitted."""
