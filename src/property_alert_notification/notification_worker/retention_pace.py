"""How many rows are deleted at a time, and how long others have the store for themselves in between. Pure."""

from datetime import timedelta

FIRST = 200
"""Rows of the first transaction."""

FEWEST, MOST = 100, 4_000
"""Rows of any other."""

LONG = 0.05
"""Seconds for which one transaction may hold others up: SQLite has one writer at a time."""

CALM, HURRIED = 0.2, 0.7
"""The part of the time in which rows are deleted: while little waits, and when a lot does."""

LITTLE, A_LOT = timedelta(minutes=10), timedelta(hours=1)
"""For how long the oldest row has been waiting to be deleted: calm up to the one, hurried from the other on."""


def next_batch(batch: int, *, took: float) -> int:
    """How many rows to take next, after so many took so long: as many as are done in time, and never twice as many."""
    in_time = round(batch * LONG / max(took, 0.001))
    return max(FEWEST, min(in_time, batch * 2, MOST))


def pause_after(took: float, *, lag: timedelta) -> float:
    """Seconds to wait after a transaction of that length, when the oldest row had been waiting for `lag`."""
    return took * (1 / _share(lag) - 1)


def _share(lag: timedelta) -> float:
    progress = (lag - LITTLE) / (A_LOT - LITTLE)
    return CALM + (HURRIED - CALM) * min(max(progress, 0.0), 1.0)
