"""How fast notifications are accepted over HTTP, beside a bare FastAPI handler with the same body.

The two are asked in turn, in pairs: what else the machine does then falls on both. The figure that means something
on other machines is their ratio.
"""

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from functools import partial
from pathlib import Path

from benchmarks.children import Child, answer_of
from benchmarks.ledger import count_notifications
from benchmarks.limits import AtLeast, AtMost
from benchmarks.serve import PATH
from benchmarks.stores import Store

PRODUCTION = {
    "ENVIRONMENT": "production",
    "SECRET_KEYS": "a-secret-of-benchmarks-with-32-characters",
    "SIGNING_KEYS": "a-signing-key-of-benchmarks-with-32-characters",
    "PUBLIC_URL": "https://alerts.example.com",
    "EMAIL_PROVIDER": "smtp",
    "SMS_PROVIDER": "http",
}
"""API keys are asked for, and addresses are checked."""

PATIENT = {"STORE_TIMEOUT": "10", "MAX_BACKLOG": "100000000"}
"""No limit refuses calls: measured is how many are accepted, and how fast."""

FLOOR_CONNECTIONS = 64
RATIO = AtLeast(0.6, "{:.0%}")
"""Of the bare handler's requests, at `FLOOR_CONNECTIONS`."""
P99 = AtMost(3.0, "p99 {:.0f} x bare")
P50 = AtMost(2.0, "p50 {:.0f} ms")
"""For a caller who is alone."""


@dataclass(frozen=True, slots=True)
class Effort:
    """How long to measure."""

    connections: Sequence[int] = (1, 16, 64)
    pairs: int = 3
    warm_up: float = 0.5
    seconds: float = 3.0
    most: int = 200_000


QUICK = Effort(connections=(1, 64), pairs=1, warm_up=0.1, seconds=1.0, most=100)


@dataclass(frozen=True, slots=True)
class Load:
    """What one side answered; medians over the pairs."""

    requests_per_second: float
    p50_ms: float
    p99_ms: float
    cpu_us: float
    """Microseconds of a processor that the serving process took for each request."""
    store_cpu_us: float
    """And the store's own processes, if it has any."""


@dataclass(frozen=True, slots=True)
class Accepting:
    """One store at one number of connections."""

    store: str
    connections: int
    bare: Load
    ours: Load
    ratio: float
    """Ours to the bare handler's requests per second; the median over the pairs."""
    ratios: list[float]
    failed: int
    """Requests of either side that were not answered 200."""
    not_stored: int
    """Notifications that were answered 200 and are not in the store."""


def measure(store: Store, effort: Effort, progress: Callable[[str], None]) -> list[Accepting]:
    """Ask both sides at each number of connections.

    Raises:
        ChildFailed: a side could not be started, or gave up.
    """
    settings = store.fresh()
    key = answer_of(("-m", "benchmarks.fill", "0"), settings, patience=60)["key"]
    results, stored = [], 0
    with (
        Child(("-m", "benchmarks.serve", "bare")) as bare,
        Child(("-m", "benchmarks.serve", "ours"), settings | PRODUCTION) as ours,
    ):
        ports = bare.read()["port"], ours.read()["port"]
        for connections in effort.connections:
            progress(f"{store.title}: POST over {connections} connections")
            both = [(bare, ports[0]), (ours, ports[1])]
            pairs = [_ask_andweigh(both, store, key, connections, effort) for _ in range(effort.pairs)]
            total = count_notifications(settings["DATABASE_URL"])
            results.append(_summary(store, connections, pairs, total - stored))
            stored = total
    return results


def _ask_andweigh(
    both: Sequence[tuple[Child, int]], store: Store, key: str, connections: int, effort: Effort
) -> tuple[dict[str, float], dict[str, float]]:
    bare, ours = (weigh(child, store, partial(ask, port, key, connections, effort)) for child, port in both)
    return bare, ours


def weigh(child: Child, store: Store, put_load: Callable[[], dict[str, float]]) -> dict[str, float]:
    """What `put_load` says, and what each request that succeeded cost the child and the store."""
    own, stores = child.cpu_seconds(), store.cpu_seconds()
    answers = put_load()
    requests = max(answers["succeeded"], 1) / 1_000_000
    return answers | {
        "cpu_us": (child.cpu_seconds() - own) / requests,
        "store_cpu_us": (store.cpu_seconds() - stores) / requests,
    }


def ask_both(
    ports: tuple[int, int], key: str, connections: int, effort: Effort
) -> tuple[dict[str, float], dict[str, float]]:
    bare, ours = (ask(port, key, connections, effort) for port in ports)
    return bare, ours


def ask(port: int, key: str, connections: int, effort: Effort, *, paths: Path | None = None) -> dict[str, float]:
    """Put load on one side: notifications, or the GETs of a file of paths."""
    options = {
        "port": port,
        "path": PATH,
        "key": key,
        "connections": connections,
        "warm-up": effort.warm_up,
        "seconds": effort.seconds,
        "most": effort.most,
    }
    arguments = [f"--{name}={value}" for name, value in options.items()]
    if paths is not None:
        arguments.append(f"--paths={paths}")
    return answer_of(("-m", "benchmarks.load", *arguments), patience=effort.warm_up + effort.seconds + 30)


def _summary(
    store: Store, connections: int, pairs: Sequence[tuple[dict[str, float], dict[str, float]]], stored: int
) -> Accepting:
    bare, ours = zip(*pairs, strict=True)
    ratios = [mine["requests_per_second"] / other["requests_per_second"] for other, mine in pairs]
    return Accepting(
        store=store.title,
        connections=connections,
        bare=_median(bare),
        ours=_median(ours),
        ratio=statistics.median(ratios),
        ratios=ratios,
        failed=int(sum(answers["failed"] for answers in bare + ours)),
        not_stored=int(sum(answers["succeeded"] for answers in ours)) - stored,
    )


def _median(answers: Sequence[dict[str, float]]) -> Load:
    return Load(*(statistics.median(answer[field.name] for answer in answers) for field in fields(Load)))
