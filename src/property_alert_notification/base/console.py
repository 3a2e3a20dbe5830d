"""The two streams of a process, whatever they lead to: closed, full, a pipe that nobody reads, ASCII only.

Nothing that is printed on the side may harm a delivery, and no command ends in a traceback because of them.
"""

import os
import sys
from contextlib import suppress
from typing import TextIO

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
    """Print a line for the person at the console, if it can be printed."""
    with suppress(OSError, ValueError, AttributeError):
        try:
            print(line, flush=True)  # noqa: T201 - this is the console
        except UnicodeEncodeError:
            print(line.encode("ascii", "backslashreplace").decode(), flush=True)  # noqa: T201


def complain(line: str) -> None:
    """Print a line on standard error, if it can be printed."""
    with suppress(OSError, ValueError, AttributeError):
        print(line, file=sys.stderr, flush=True)  # noqa: T201 - before logs are configured


def finish_streams() -> None:
    """Drop what is still to be printed and cannot be: the interpreter would complain about it at its end."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError):
            with suppress(OSError, ValueError):
                os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def _nowhere() -> TextIO:
    return open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123 - open as long as the process
