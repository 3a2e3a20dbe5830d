"""What is kept of each trial: a line of JSON in a file that grows, and the table that is made from it."""

import json
import statistics
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from chaos.experiment import Experiment

BEGIN, END = "<!-- trials: begin -->", "<!-- trials: end -->"
"""Between these two lines of a page the table is written."""

_HEADINGS = (
    "", "experiment", "trials", "failed", "accepted", "lost", "email twice", "bound", "SMS twice", "recovery, s",
    "last seed", "date",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Record:
    """The counts of one trial."""

    id: str
    name: str
    seed: int
    at: str
    """The day, as 2026-11-22."""
    accepted: int
    """Notifications that were answered 2xx, each one email and one SMS."""
    calls: int
    faults: int
    """How often something was broken."""
    lost: int
    duplicates: int
    bound: int
    keyed_duplicates: int
    recovery: float
    """Seconds from the end of the fault, and of the calls, until nothing was open."""
    seconds: float
    slow: float
    """Seconds within which 99 of 100 calls were answered, or refused."""
    wrong: Mapping[str, int] = field(default_factory=dict)

    @property
    def holds(self) -> bool:
        """Whether the service kept its guarantees."""
        return not (self.lost or self.keyed_duplicates or self.duplicates > self.bound or self.wrong)

    def line(self) -> str:
        """One line for people."""
        text = (
            f"{self.accepted} accepted, {self.faults} faults, {self.lost} lost, {self.duplicates} emails twice "
            f"(bound {self.bound}), {self.keyed_duplicates} SMS twice, all ended {self.recovery:.1f} s after"
        )
        return text + "".join(f"; WRONG: {what}: {count}" for what, count in self.wrong.items())


def append(record: Record, path: Path) -> None:
    """Add one line."""
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(asdict(record)) + "\n")


def read(path: Path) -> list[Record]:
    """Every trial so far."""
    if not path.exists():
        return []
    return [Record(**json.loads(line)) for line in path.read_text(encoding="utf-8").splitlines()]


def count_by_id(records: Iterable[Record]) -> Counter[str]:
    """How many trials each experiment has."""
    return Counter(record.id for record in records)


def expected_seconds(trials: Mapping[str, int], records: Iterable[Record]) -> float:
    """How long so many trials of each experiment will take, judged by those so far; 0 when there were none."""
    took: defaultdict[str, list[float]] = defaultdict(list)
    for record in records:
        took[record.id].append(record.seconds)
    usual = {id_: statistics.median(seconds) for id_, seconds in took.items()}
    others = statistics.median(usual.values()) if usual else 0.0
    return sum(count * usual.get(id_, others) for id_, count in trials.items())


def write_table(records: Sequence[Record], experiments: Iterable[Experiment], page: Path) -> None:
    """Write the table into the page, in place of the one that is there."""
    text = page.read_text(encoding="utf-8")
    head, _, rest = text.partition(BEGIN)
    tail = rest.partition(END)[2]
    table = "\n".join(table_lines(records, experiments))
    page.write_text(f"{head}{BEGIN}\n{table}\n{END}{tail}", encoding="utf-8")


def table_lines(records: Sequence[Record], experiments: Iterable[Experiment]) -> list[str]:
    """One row for each experiment that was tried, and their sums."""
    tried: defaultdict[str, list[Record]] = defaultdict(list)
    for record in records:
        tried[record.id].append(record)
    rows = [_row(experiment, tried[experiment.id]) for experiment in experiments if tried[experiment.id]]
    sums = ["", "**all**", *_sums(records), "", "", ""]
    right = {"trials", "failed", "accepted", "lost", "email twice", "bound", "SMS twice"}
    rule = ["--:" if heading in right else "---" for heading in _HEADINGS]
    return [f"| {' | '.join(cells)} |" for cells in (_HEADINGS, rule, *rows, sums)]


def _row(experiment: Experiment, records: Sequence[Record]) -> list[str]:
    waits = [record.recovery for record in records]
    return [
        experiment.id,
        experiment.question,
        *_sums(records),
        f"{statistics.median(waits):.1f}, at most {max(waits):.1f}",
        str(records[-1].seed),
        max(record.at for record in records),
    ]


def _sums(records: Sequence[Record]) -> list[str]:
    columns = ("accepted", "lost", "duplicates", "bound", "keyed_duplicates")
    failed = sum(not one.holds for one in records)
    return [
        f"{len(records):,}",
        f"{failed:,}",
        *(f"{sum(getattr(one, name) for one in records):,}" for name in columns),
    ]
