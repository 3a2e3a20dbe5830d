"""Child processes: each has settings of its own, prints results as lines of JSON, and is ended."""

import json
import os
import signal
import subprocess
import tempfile
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Self

from benchmarks import cpu
from tests.services.prepared import start
from tests.services.process import end

PATIENCE = 60.0
"""Seconds that a child has for one line, unless its caller knows better."""

LAST_WORDS = 2_000
"""Characters of a failed child's errors that are shown."""


class ChildFailed(Exception):
    """A child ended or kept silent where it should have said something; the text has its last words."""


class Child:
    """One running process. It is ended when its block is left."""

    def __init__(self, command: Sequence[str], settings: Mapping[str, str] | None = None) -> None:
        """`command` goes to Python; `settings` are all that the child finds in its environment."""
        # An empty folder: no `.env` is read there.
        self._folder = tempfile.TemporaryDirectory(prefix="benchmark-")
        self._errors = Path(self._folder.name) / "errors"
        self._name = " ".join(command)
        with self._errors.open("wb") as errors:
            answers, output = os.pipe()
            self._answers = os.fdopen(answers, "rb")
            streams = (subprocess.DEVNULL, output, errors)
            self._process = start(command, cwd=Path(self._folder.name), settings=settings or {}, streams=streams)
            os.close(output)

    def read(self, patience: float = PATIENCE) -> dict[str, Any]:
        """The next line it says.

        Raises:
            ChildFailed: it said nothing within `patience` seconds, or ended.
        """
        alarm = threading.Timer(patience, self._process.kill)
        alarm.start()
        try:
            line = self._answers.readline()
        finally:
            alarm.cancel()
        if not line:
            self._process.kill()
            self._process.wait()
            raise ChildFailed(f"{self._name}: ended without an answer.\n{self._last_words()}")
        found: dict[str, Any] = json.loads(line)
        return found

    def raise_if_ended(self) -> None:
        """Raises ChildFailed when it ended by itself."""
        if self._process.poll() is not None:
            raise ChildFailed(f"{self._name}: ended by itself.\n{self._last_words()}")

    def memory_mb(self, *, peak: bool = False) -> float:
        """How much of the machine's memory it takes, or took at most."""
        wanted = "VmHWM" if peak else "VmRSS"
        status = Path(f"/proc/{self._process.pid}/status").read_text()
        return next(int(line.split()[1]) / 1024 for line in status.splitlines() if line.startswith(wanted))

    def cpu_seconds(self) -> float:
        """How much of the processors it has taken."""
        return cpu.seconds_of(self._process.pid)

    def wait(self) -> None:
        """Let it end by itself."""
        self._process.wait(PATIENCE)

    def stop(self) -> None:
        """Ask it to end, and wait; what it still said can be read afterwards."""
        end(self._process, signal.SIGTERM)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        self._answers.close()
        self._folder.cleanup()

    def _last_words(self) -> str:
        return self._errors.read_text(errors="replace")[-LAST_WORDS:]


def answer_of(command: Sequence[str], settings: Mapping[str, str] | None = None, *, patience: float) -> dict[str, Any]:
    """Run a child that says one line and ends.

    Raises:
        ChildFailed: it said nothing within `patience` seconds.
    """
    with Child(command, settings) as child:
        answer = child.read(patience)
        child.wait()
        return answer


def say(**fields: object) -> None:
    """Print a line of JSON for the parent, as a child."""
    print(json.dumps(fields), flush=True)
