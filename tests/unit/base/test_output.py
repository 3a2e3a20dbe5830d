"""A reader that stops reading loses lines, and the service nothing."""

import io
import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from threading import Thread
from typing import TextIO

import pytest

from property_alert_notification.base.metrics import Metrics
from property_alert_notification.base.output import STDERR, LineQueue

LINE = "x" * 999


@pytest.fixture
def pipe() -> Iterator[tuple[int, TextIO]]:
    """A pipe: the number to read from, and the stream to write to."""
    reading, writing = os.pipe()
    with os.fdopen(writing, "w", encoding="ascii") as stream:
        yield reading, stream
    with suppress(OSError):
        os.close(reading)


def _read(number: int, lines: int) -> list[str]:
    text = b""
    while text.count(b"\n") < lines:
        text += os.read(number, 65_536)
    return text.decode().splitlines()


def test_lines_come_in_order_and_what_the_encoding_lacks_as_an_escape(pipe: tuple[int, TextIO]) -> None:
    reading, stream = pipe
    queue = LineQueue("test", lambda: stream)
    for number in range(1_000):
        queue.put(f"{number} é")

    assert _read(reading, 1_000) == [f"{number} \\xe9" for number in range(1_000)]
    assert queue.lost == 0


def test_without_a_reader_lines_are_dropped_and_their_number_is_printed(pipe: tuple[int, TextIO]) -> None:
    reading, stream = pipe
    queue = LineQueue("test", lambda: stream, room=100_000)
    for _ in range(1_000):  # never blocks, although the pipe takes 64 KiB
        queue.put(LINE)

    queue.flush(within=0)  # returns although nothing can be written
    lines: list[str] = []

    def read() -> None:
        with os.fdopen(os.dup(reading)) as end:
            lines.extend(end.read().splitlines())

    reader = Thread(target=read)
    reader.start()
    queue.flush(within=60)
    queue.put("and on")
    queue.flush(within=60)
    stream.close()
    reader.join()

    assert queue.lost > 500
    assert lines.count(LINE) == 1_000 - queue.lost
    assert lines[-1] == "and on"
    reports = [line.split() for line in lines[:-1] if line != LINE]
    assert reports[-1][2:] == ["lines", "were", "lost:", "nothing", "read", "them"]
    assert sum(int(report[1]) for report in reports) == queue.lost


def test_a_blocked_stream_loses_lines_and_reports_their_number_later(pipe: tuple[int, TextIO]) -> None:
    reading, stream = pipe
    with Path("/dev/full").open("w", encoding="ascii") as full:
        streams: list[TextIO | None] = [full]
        queue = LineQueue("test", lambda: streams[0])
        queue.put("lost")
        queue.flush(within=60)
        streams[0] = None
        queue.put("lost")
        queue.flush(within=60)
    streams[0] = stream
    queue.put("there")

    assert _read(reading, 2) == ["there", "... 2 lines were lost: nothing read them"]
    assert queue.lost == 2


def test_a_non_blocking_pipe_gets_every_line(pipe: tuple[int, TextIO]) -> None:
    reading, stream = pipe
    os.set_blocking(stream.fileno(), False)
    queue = LineQueue("test", lambda: stream)
    for _ in range(200):
        queue.put(LINE)

    assert _read(reading, 200) == [LINE] * 200


def test_a_child_after_a_fork_writes_by_a_thread_of_its_own(pipe: tuple[int, TextIO]) -> None:
    reading, stream = pipe
    queue = LineQueue("test", lambda: stream)
    queue.put("parent")
    queue.flush(within=60)
    child = os.fork()
    if child == 0:
        queue.put("child")
        queue.flush(within=60)
        os._exit(0)
    os.waitpid(child, 0)

    assert _read(reading, 2) == ["parent", "child"]


def test_a_stream_without_a_number_is_written_as_it_is() -> None:
    stream = io.StringIO()
    queue = LineQueue("test", lambda: stream)
    queue.put("é")
    queue.flush(within=60)

    assert stream.getvalue() == "é\n"


def test_a_metric_counts_lost_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(STDERR, "lost", 7)

    figures = Metrics().render().decode()

    assert 'property_alerts_log_lines_lost_total{stream="stderr"} 7.0' in figures
    assert 'property_alerts_log_lines_lost_total{stream="stdout"} 0.0' in figures
