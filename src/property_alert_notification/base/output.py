"""Standard output and standard error, each written by a thread of its own behind a bounded queue.

A reader that stops reading blocks the thread and never the event loop. Lines for which the queue has no room are
dropped and counted; when writing goes on, one line says how many were lost.
"""

import atexit
import os
import select
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterator
from io import UnsupportedOperation
from typing import TextIO

from prometheus_client.core import CounterMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

ROOM = 4 * 1024 * 1024
"""Characters that wait for one stream at most."""

_COST_OF_A_LINE = 64
"""Characters that each line counts as beside its own."""

PATIENCE = 1.0
"""Seconds for which the end of a process waits until a stream is written."""


class LineQueue:
    """Lines on their way to one stream. Any thread may put them; one thread, started by the first line, writes."""

    def __init__(self, name: str, stream: Callable[[], TextIO | None], *, room: int = ROOM) -> None:
        """`stream` is asked for each write: tests and the start of a process exchange it."""
        self.name = name
        self.lost = 0
        """Lines that were never written, since the process began."""
        self.describe_lost: Callable[[int], str] = "... {} lines were lost: nothing read them".format
        """Returns the line with the number of lost lines."""
        self._stream = stream
        self._room = room
        self._reset()
        os.register_at_fork(after_in_child=self._reset)

    def _reset(self) -> None:
        """A fork copies neither the thread nor a usable lock; the parent writes what waits."""
        self._changed = threading.Condition()
        self._lines: deque[str] = deque()
        self._used = 0
        self._unreported = 0
        self._writes = False
        self._thread: threading.Thread | None = None

    def put(self, line: str) -> None:
        """Queue a line, or drop and count it when there is no room. Never blocks."""
        cost = len(line) + _COST_OF_A_LINE
        with self._changed:
            if self._used + cost > self._room:
                self.lost += 1
                self._unreported += 1
                return
            self._lines.append(line)
            self._used += cost
            if self._thread is None:
                self._start()
            self._changed.notify_all()

    def flush(self, *, within: float) -> None:
        """Wait until everything is written, at most so many seconds."""
        with self._changed:
            self._changed.wait_for(lambda: not self._lines and not self._writes, timeout=within)

    def _start(self) -> None:
        thread = threading.Thread(target=self._run, name=f"write {self.name}", daemon=True)
        try:
            thread.start()
        except RuntimeError:  # the interpreter ends, or there is no room for a thread
            self._drop(len(self._lines))
            self._lines.clear()
            self._used = 0
        else:
            self._thread = thread

    def _drop(self, count: int) -> None:
        self.lost += count
        self._unreported += count

    def _run(self) -> None:
        while True:
            with self._changed:
                self._writes = False
                self._changed.notify_all()
                self._changed.wait_for(lambda: bool(self._lines))
                lines, lost = list(self._lines), self._unreported
                self._lines.clear()
                self._used = self._unreported = 0
                self._writes = True
            # The lost lines came after these: the queue was full.
            report = [self.describe_lost(lost)] if lost else []
            if not self._write([*lines, *report]):
                with self._changed:
                    self._unreported += lost
                    self._drop(len(lines))

    def _write(self, lines: list[str]) -> bool:
        """Write past the stream's own buffer, whose lock the end of the interpreter would wait for."""
        text = "".join(f"{line}\n" for line in lines)
        try:
            stream = self._stream()
            if stream is None:
                return False
            encoded = text.encode(stream.encoding or "utf-8", "backslashreplace")
            try:
                number = stream.fileno()
            except UnsupportedOperation:  # a stream of a test
                stream.write(text)
            else:
                _write_all(number, encoded)
        except (OSError, ValueError, AttributeError):  # it may be full or closed, or have been from the start
            return False
        return True


def _write_all(number: int, data: bytes) -> None:
    left = memoryview(data)
    while left:
        try:
            left = left[os.write(number, left) :]
        except BlockingIOError:  # another process made the shared pipe non-blocking
            select.select([], [number], [])


STDOUT = LineQueue("stdout", lambda: sys.stdout)
STDERR = LineQueue("stderr", lambda: sys.stderr)


def flush(*, within: float = PATIENCE) -> None:
    """Wait until both streams are written, each at most so many seconds."""
    for queue in (STDOUT, STDERR):
        queue.flush(within=within)


# After a crash too, unless the process is killed.
atexit.register(flush)


class LostLines(Collector):
    """How many lines were lost, as Prometheus reads it."""

    def collect(self) -> Iterator[Metric]:
        """One counter for both streams of this process."""
        lost = CounterMetricFamily(
            "property_alerts_log_lines_lost",
            "Lines of this process that were dropped because nothing read its output.",
            labels=["stream"],
        )
        for queue in (STDOUT, STDERR):
            lost.add_metric([queue.name], queue.lost)
        yield lost
