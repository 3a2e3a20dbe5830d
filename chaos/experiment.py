"""What an experiment is: a question, a fault, the load under it, and how many duplicates are allowed."""

from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from chaos.trial import Trial


class StoreName(StrEnum):
    """The store; RabbitMQ comes with PostgreSQL, and SQLite with the built-in broker."""

    SQLITE = "sqlite"
    POSTGRESQL = "postgresql"


class Bound(StrEnum):
    """How many messages may come twice at a provider that cannot recognise a repeat."""

    NONE = "none"
    """The fault leaves no doubt about any message, so none."""
    ON_THE_WIRE = "on the wire"
    """As many as were being sent when a process was killed, frozen or left without an answer."""


@dataclass(frozen=True, slots=True)
class Plan:
    """The stage an experiment needs; experiments with the same plan share one."""

    store: StoreName = StoreName.POSTGRESQL
    workers: int = 2
    small_disk: bool = False
    """PostgreSQL's files lie on a disk of their own, which can be filled."""
    proxied: bool = False
    """The workers reach store and broker through proxies that can cut, stop and delay what passes."""
    settings: Mapping[str, str] = field(default_factory=dict)
    """Of the service, besides those that every stage has."""


PATIENT = Plan(settings={"STORE_TIMEOUT": "4"})
"""Where no call may be answered 5xx, a machine that is short of time must not be what answers it."""


@dataclass(frozen=True, slots=True)
class Load:
    """What the callers hand over in one trial, each by email and by SMS."""

    count: int = 200
    """Notifications, each with an idempotency key of its own."""
    rate: float = 100.0
    """Of them per second; a fault should find the service at work."""
    racers: int = 1
    """Calls with the same key at once."""
    replayed: bool = False
    """Every call is made once more at the end, when it is answered already."""


@dataclass(frozen=True, slots=True)
class Experiment:
    """One way to break the service."""

    id: str
    question: str
    """What a trial answers, in one sentence."""
    disturb: Callable[["Trial"], Coroutine[Any, Any, None]]
    """Does the damage while the load runs; returns when the fault is over."""
    trials: int
    """So many make the answer worth believing."""
    bound: Bound = Bound.NONE
    plan: Plan = field(default_factory=Plan)
    load: Load = field(default_factory=Load)
    ends: frozenset[str] = frozenset({"sent"})
    """The states in which a delivery may end here."""
    shape: Callable[[dict[str, Any], int], None] | None = None
    """Changes the body of the n-th notification before it is handed over."""
