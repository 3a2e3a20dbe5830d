"""Counts what one thread calls: an event loop must not do work that grows with what users store."""

import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any


@contextmanager
def calls_of(function: Callable[..., Any]) -> Iterator[Callable[[], int]]:
    """Yields how often the current thread has called a function since; calls in other threads do not count."""
    wanted = getattr(function, "__code__", function)
    calls = Counter[object]()

    def count(frame: FrameType, event: str, called: Any) -> None:
        calls[frame.f_code if event == "call" else called if event == "c_call" else None] += 1

    sys.setprofile(count)
    try:
        yield lambda: calls[wanted]
    finally:
        sys.setprofile(None)
