"""The two streams of a process, also when they are closed, full, unread or ASCII only.

Nothing that is printed on the side may harm a delivery, and no command ends in a traceback because of them.
"""

import os
import sys
from contextlib import suppress
from typing import TextIO

from property_alert_notification.base import output
from property_alert_notification.base.output import STDERR, STDOUT

_closed: list[int] = []


def has_output() -> bool:
    """Whether standard output led anywhere when the process began."""
    return 1 not in _closed


def prepare_streams() -> None:
    """Open what is closed onto nothing, and write what an encoding lacks as an escape."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            _closed.append(number)
            # Else the next file or socket gets this number, and whatever is printed with it.
            os.open(os.devnull, os.O_RDWR)
    sys.stdout = sys.stdout or _nowhere()
    sys.stderr = sys.stderr or _nowhere()
    for stream in (sys.stdout, sys.stderr):
        with suppress(AttributeError, ValueError):
            stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]


def announce(line: str) -> None:
    """Print a line for the person at the console, if it can be printed. Never blocks."""
    STDOUT.put(line)


def complain(line: str) -> None:
    """Print a line on standard error, after the logs, if it can be printed. Never blocks."""
    STDERR.put(line)


def finish_streams() -> None:
    """Write what waits; drop what cannot be printed: the interpreter would complain about it at its end."""
    output.flush()
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError):
            with suppress(OSError, ValueError):
                os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def _nowhere() -> TextIO:
    return open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123 - open as long as the process
