"""What an experiment is: a question, a fault, the load under it, and how many duplicates are allowed."""

from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from chaos.plan import Load, Plan
from chaos.trial import Trial


class Bound(StrEnum):
    """How many messages may come twice at a provider that cannot recognise a repeat."""

    NONE = "none"
    """The fault leaves no doubt about any message, so none."""
    ON_THE_WIRE = "on the wire"
    """As many as were being sent when a process was killed, frozen or left without an answer."""


@dataclass(frozen=True, slots=True)
class Experiment:
    """One way to break the service."""

    id: str
    question: str
    """What a trial answers, in one sentence."""
    disturb: Callable[[Trial], Coroutine[Any, Any, None]]
    """Does the damage while the load runs; returns when the fault is over."""
    trials: int
    """So many make the answer worth believing."""
    bound: Bound = Bound.NONE
    plan: Plan = field(default_factory=Plan)
    load: Load = field(default_factory=Load)
    prepare: Callable[[Trial], Coroutine[Any, Any, None]] | None = None
    """Is done before the load begins."""
    longest: float = 400.0
    """Seconds that the calls and the fault may take."""
    ends: frozenset[str] = frozenset({"sent"})
    """The states in which a delivery may end here."""
