"""A program of ours as a person starts it: a process of its own, in a folder of its own."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.services.process import end, wait_until

ROOT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent


@dataclass
class Program:
    """A program that runs until it is stopped."""

    process: subprocess.Popen[bytes]
    _folder: Path

    def output(self) -> str:
        """What it has printed on standard output so far."""
        return (self._folder / f"{self.process.pid}.out").read_text()

    def errors(self) -> str:
        """What it has printed on standard error so far."""
        return (self._folder / f"{self.process.pid}.err").read_text()

    def stop(self, how: signal.Signals = signal.SIGTERM) -> int:
        """Send a signal and return the exit code."""
        end(self.process, how)
        return self.process.returncode


def environment(**settings: str) -> dict[str, str]:
    """Nothing of this machine but the path, the sources and what coverage needs."""
    kept = {name: value for name, value in os.environ.items() if name == "PATH" or name.startswith("COV")}
    return {**kept, "PYTHONPATH": str(ROOT / "src"), "PYTHONUTF8": "1", "COLUMNS": "200", **settings}


@contextmanager
def started(
    command: Sequence[str], folder: Path, *, ready: Callable[[Program], bool], **settings: str
) -> Iterator[Program]:
    """Start a program, wait until it is ready, and stop it at the end."""
    with (folder / "starting.out").open("wb") as out, (folder / "starting.err").open("wb") as err:
        process = subprocess.Popen(
            command,
            cwd=folder,
            # A busy machine answers later than within the second that a call waits for the store by default.
            env=environment(**{"STORE_TIMEOUT": "30"} | settings),
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=err,
            start_new_session=True,
        )
    (folder / "starting.out").rename(folder / f"{process.pid}.out")
    (folder / "starting.err").rename(folder / f"{process.pid}.err")
    program = Program(process, folder)
    try:
        wait_until(lambda: ready(program), process=process, log=lambda: program.output() + program.errors())
        yield program
    finally:
        end(process, signal.SIGTERM)
