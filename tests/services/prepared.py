"""Processes of ours that start at once: forked off one that has imported everything and run nothing.

Importing takes a second of each process's CPU time, and the tests start processes by the hundred. A forked one has its
own folder, environment, standard streams and session, as one that was started afresh. Chaos and benchmarks start theirs
afresh, unless the tests ask them not to (`WISH`): then all processes of a run are forked off the same one (`Forge`).
"""

import json
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO

from tests.services.process import end
from tests.services.program import ROOT, environment

WISH = "PREPARED_PROCESSES"
"""The variable by which the tests ask what they start to use prepared processes: the address of the forge."""
ACCOUNT = "PREPARED_ACCOUNT"
"""The variable that names whose tests a process was started for; the forge notes what it cost under that name."""

ALREADY_READ = ("PYTHON", "COLUMNS", "LINES", "LANG", "LC_", "TERM", "NO_COLOR", "FORCE_COLOR", "MALLOC", "COV")
"""Beginnings of variables that count while Python starts or while modules are imported."""

PATHS = f"{ROOT / 'src'}{os.pathsep}{ROOT}"

Stream = IO[bytes] | int


class Account:
    """What the prepared processes that were started for the tests of this process cost."""

    def __init__(self) -> None:
        self._file = _account(os.environ[WISH], os.environ[ACCOUNT])
        self._read = 0
        self._seconds = 0.0

    def spent_seconds(self) -> float:
        """CPU seconds of those that have ended; they are in no other count."""
        with suppress(FileNotFoundError), self._file.open("rb") as file:
            file.seek(self._read)
            for line in file:
                self._seconds += float(line)
                self._read += len(line)
        return self._seconds


class Forge:
    """The process from which the others are forked. It imports everything when the first one is asked for."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="prepared-")
        self.address = f"{self._folder.name}/socket"
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(self.address)
            listener.listen(64)
            command = [sys.executable, "-m", "tests.services.forge", str(listener.fileno())]
            self._process = subprocess.Popen(command, stdin=subprocess.PIPE, cwd=self._folder.name,
                                             env=environment(PYTHONPATH=PATHS), pass_fds=[listener.fileno()],
                                             start_new_session=True)  # fmt: skip

    def close(self) -> None:
        """End it; what was forked off it goes on."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()
        self._folder.cleanup()


class Prepared:
    """One process; asked and stopped as a `subprocess.Popen` is."""

    def __init__(self, command: Sequence[str], *, cwd: Path, env: Mapping[str, str], streams: Sequence[Stream]) -> None:
        """Runs what goes to Python: `-m`, a module and its arguments, or a script and its arguments."""
        self.args = list(command)
        self.returncode: int | None = None
        self._link = socket.socket(socket.AF_UNIX)
        self._link.connect(os.environ[WISH])
        account = str(_account(os.environ[WISH], os.environ[ACCOUNT]))
        request = json.dumps({"command": self.args, "cwd": str(cwd), "env": dict(env), "account": account}).encode()
        with Path(os.devnull).open("r+b", buffering=0) as nothing:
            given = [nothing if stream == subprocess.DEVNULL else stream for stream in streams]
            handles = [stream if isinstance(stream, int) else stream.fileno() for stream in given]
            socket.send_fds(self._link, [len(request).to_bytes(4, "big")], handles)
        self._link.sendall(request)
        self._answers = self._link.makefile()
        self.pid = int(self._answers.readline())

    def poll(self) -> int | None:
        if self.returncode is None and select.select([self._link], [], [], 0)[0]:
            self._note_end()
        return self.returncode

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def wait(self, timeout: float | None = None) -> int:
        if self.returncode is None:
            if not select.select([self._link], [], [], timeout)[0]:
                raise subprocess.TimeoutExpired(self.args, timeout or 0)
            self._note_end()
        assert self.returncode is not None
        return self.returncode

    def send_signal(self, how: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, how)

    def _note_end(self) -> None:
        self.returncode = int(self._answers.readline())
        self._answers.close()
        self._link.close()


def start(
    command: Sequence[str], *, cwd: Path, settings: Mapping[str, str], streams: Sequence[Stream]
) -> Prepared | subprocess.Popen[bytes]:
    """Start Python with a command: prepared if that is wished for and the settings allow it, else afresh.

    `streams` are standard input, output and errors.
    """
    if WISH in os.environ and not any(name.startswith(ALREADY_READ) for name in settings):
        return Prepared(command, cwd=cwd, env=environment(**settings), streams=streams)
    stdin, stdout, stderr = streams
    return subprocess.Popen(
        [sys.executable, *command],
        cwd=cwd,
        env=environment(**{"PYTHONPATH": PATHS, **settings}),
        stdin=stdin,
        stdout=stdout,
        stderr=stderr,
        start_new_session=True,  # Ctrl-C is for the one who started it, who then ends it in order
    )


def run(*command: str, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    """Run Python with a command to its end. What it starts itself is prepared too, as the tests wish."""
    preferences = {name: os.environ[name] for name in (WISH, ACCOUNT)}
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
        process = Prepared(
            command, cwd=cwd, env=environment(**preferences), streams=(subprocess.DEVNULL, output, errors)
        )
        try:
            code = process.wait()
        finally:
            end(process, signal.SIGTERM)  # so that its own children end too, when the test has no more time
        said = []
        for stream in (output, errors):
            stream.seek(0)
            said.append(stream.read().decode())
    return subprocess.CompletedProcess(command, code, *said)


def _account(address: str, name: str) -> Path:
    """The file in which the forge at this address notes the CPU seconds of each process of an account."""
    return Path(address).with_name(f"{name}.account")
