"""What experiments found: a table for people, JSON for programs."""

import dataclasses
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console
from rich.table import Table

from chaos.stage import StoreName


@dataclass(frozen=True, slots=True)
class Effort:
    """How much an experiment does."""

    keys: int
    """Notifications, each with an idempotency key of its own."""
    kills: int
    """Kills of API processes at most: those that are due when every call is answered are spared."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """The counts of one experiment."""

    experiment: str
    store: StoreName
    seed: int
    keys: int
    accepted: int
    """Keys that were answered 2xx."""
    calls: int
    repeated: int
    """Calls that were made again: for want of an answer, or to see that nothing happens twice."""
    api_kills: int
    broker_kills: int
    notifications: int
    """In the store."""
    emails: int | None
    """At the SMTP server; None where nothing is sent."""
    lost: int
    duplicates: int
    seconds: float
    wrong: dict[str, int] = field(default_factory=dict)
    """What was answered or found and should not have been."""

    @property
    def is_exact(self) -> bool:
        """Whether everything happened once."""
        counts = {self.accepted, self.notifications} | (set() if self.emails is None else {self.emails})
        return counts == {self.keys} and not (self.lost or self.duplicates or self.wrong)


def write(outcomes: Sequence[Outcome], path: Path) -> None:
    """Keep them as JSON."""
    path.write_text(json.dumps([dataclasses.asdict(outcome) for outcome in outcomes], indent=2) + "\n")


def show(outcomes: Sequence[Outcome], console: Console) -> None:
    """Print them."""
    table = Table()
    words = ("experiment", "store")
    numbers = ("seed", "accepted", "calls", "repeated", "kills: api", "rabbitmq", "notifications", "emails", "lost")
    for heading in (*words, *numbers, "duplicates", "seconds"):
        table.add_column(heading, justify="left" if heading in words else "right")
    for one in outcomes:
        counts = (one.accepted, one.calls, one.repeated, one.api_kills, one.broker_kills, one.notifications)
        table.add_row(
            one.experiment,
            one.store,
            str(one.seed),
            *(f"{count:,}" for count in counts),
            "" if one.emails is None else f"{one.emails:,}",
            f"{one.lost:,}",
            f"{one.duplicates:,}",
            f"{one.seconds:.0f}",
        )
    console.print(table)
    for one in outcomes:
        if not one.is_exact:
            found = "".join(f"; {what}: {count:,}" for what, count in one.wrong.items())
            console.print(f"{one.experiment} on {one.store} is not exact{found}", style="red", markup=False)
