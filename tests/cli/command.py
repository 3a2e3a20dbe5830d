"""The command line as a person has it: a process of its own, in a folder of its own."""

import re
import signal
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO

from tests.services.callers import a_blocking_caller
from tests.services.prepared import start
from tests.services.process import PATIENCE, Process, end, free_port, wait_until
from tests.services.program import environment

_SERVICE = "property_alert_notification.cli"
_COMMAND = ["-m", _SERVICE]


def run(
    folder: Path,
    *arguments: str,
    answer: str = "",
    module: str = _SERVICE,
    patience: float = PATIENCE,
    **settings: str,
) -> subprocess.CompletedProcess[str]:
    """Run one command to its end; `answer` is what a person types, `module` another one that runs the command."""
    with TemporaryFile() as typed, TemporaryFile() as stdout, TemporaryFile() as stderr:
        typed.write(answer.encode())
        typed.seek(0)
        process = start(["-m", module, *arguments], cwd=folder, settings=settings, streams=(typed, stdout, stderr))
        try:
            code = process.wait(patience)
        finally:
            end(process, signal.SIGKILL)
        said = (_text(stdout), _text(stderr))
    return subprocess.CompletedProcess([*_COMMAND, *arguments], code, *said)


def _text(stream: IO[bytes]) -> str:
    stream.seek(0)
    return stream.read().decode()


def complaint(done: subprocess.CompletedProcess[str]) -> str:
    """What a command said last on stderr, below the line that names the store."""
    lines = done.stderr.splitlines()
    return lines[-1] if lines else ""


@dataclass
class Running:
    """A command that runs until it is stopped."""

    process: Process
    folder: Path
    port: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def output(self) -> str:
        return (self.folder / "stdout").read_text()

    def errors(self) -> str:
        return (self.folder / "stderr").read_text()

    def stop(self, how: signal.Signals) -> int:
        """Send a signal and return the exit code."""
        end(self.process, how)
        return self.process.wait()


def _start(
    program: Sequence[str],
    arguments: Sequence[str],
    folder: Path,
    settings: Mapping[str, str],
    stdout: IO[bytes],
    stderr: IO[bytes],
) -> Process:
    settings = {"STORE_TIMEOUT": "30", **settings}
    if not program:
        streams = (subprocess.DEVNULL, stdout, stderr)
        return start([*_COMMAND, *arguments], cwd=folder, settings=settings, streams=streams)
    return subprocess.Popen(
        [*program, *arguments],
        cwd=folder,
        env=environment(**settings),
        stdin=subprocess.DEVNULL,
        stdout=stdout,
        stderr=stderr,
        start_new_session=True,
    )


@contextmanager
def running(
    folder: Path,
    *arguments: str,
    ready: str,
    port: int = 0,
    settings: Mapping[str, str] | None = None,
    program: Sequence[str] = (),
) -> Iterator[Running]:
    """Start a command, or another `program`, wait until it prints `ready`, and stop it at the end."""
    with (folder / "stdout").open("wb") as stdout, (folder / "stderr").open("wb") as stderr:
        process = _start(program, arguments, folder, settings or {}, stdout, stderr)
    started = Running(process, folder, port)
    try:
        wait_until(
            lambda: ready in started.output() + started.errors(),
            process=process,
            log=lambda: started.output() + started.errors(),
        )
        yield started
    finally:
        end(process, signal.SIGTERM)


@contextmanager
def running_dev(folder: Path, **settings: str) -> Iterator[Running]:
    """`property-alerts dev` on a free port."""
    port = free_port()
    with running(folder, "dev", "--port", str(port), ready="Ctrl-C", port=port, settings=settings) as started:
        yield started


def run_until(folder: Path, *arguments: str, wanted: Callable[[str], bool], **settings: str) -> str:
    """Run a command that only reads, again and again until it prints what is wanted; returns what it printed.

    A part of the service may be busy for longer than the command waits for it.
    """
    printed = ""

    def is_wanted() -> bool:
        nonlocal printed
        done = run(folder, *arguments, **settings)
        printed = done.stdout + done.stderr
        return wanted(printed)

    wait_until(is_wanted, process=None, log=lambda: printed)
    return printed


def until_ready(url: str) -> None:
    """Wait until a service says that it is ready: readiness does not wait for a store that is slow."""
    with a_blocking_caller(url) as caller:
        wait_until(
            lambda: caller.get("/health/ready").json()["status"] == "ready",
            process=None,
            log=lambda: caller.get("/health/ready").text,
        )


def words(text: str) -> str:
    """The text with every run of white space as one space: how a table or a box was laid out does not matter."""
    return re.sub(r"\s+", " ", text)
