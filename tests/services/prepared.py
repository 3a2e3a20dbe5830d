"""Processes of ours that start at once: forked off one that has imported everything and run nothing.

Importing takes a second of each process's CPU time, and the tests start processes by the hundred. A forked one has its
own folder, environment, standard streams and session, as one that was started afresh. Chaos and benchmarks start theirs
afresh, unless the tests ask them not to (`WISH`): then all processes of a run are forked off the same one (`Forge`).
"""

import atexit
import gc
import importlib
import json
import os
import pkgutil
import runpy
import select
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import traceback
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

OUR_PACKAGE = "property_alert_notification"
ALREADY_READ = ("PYTHON", "COLUMNS", "LINES", "LANG", "LC_", "TERM", "NO_COLOR", "FORCE_COLOR", "MALLOC", "COV")
"""Beginnings of variables that count while Python starts or while modules are imported."""
LATE_IMPORTS = (
    "aiosqlite",
    "alembic.command",
    "asyncpg",
    "sqlalchemy.dialects.postgresql.asyncpg",
    "sqlalchemy.dialects.sqlite.aiosqlite",
    "uvicorn.lifespan.on",
    "uvicorn.loops.uvloop",
    "uvicorn.protocols.http.httptools_impl",
)

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
            command = [sys.executable, "-m", "tests.services.prepared", str(listener.fileno())]
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


def _serve(listener: socket.socket) -> None:
    """Fork for each call, until standard input ends; returns in the processes that are to run a command."""
    while True:
        ready, _, _ = select.select([listener.fileno(), 0], [], [])
        _reap()
        if listener.fileno() not in ready:
            sys.exit()
        link, _ = listener.accept()
        if os.fork() == 0:
            listener.close()
            _become(link)
            return
        link.close()


def _reap() -> None:
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        return


def _become(link: socket.socket) -> None:
    """Returns in the new process; the one between prints its pid, waits for its end, and prints that too."""
    head, streams, _, _ = socket.recv_fds(link, 4, 3)
    request = json.loads(link.makefile("rb").read(int.from_bytes(head, "big")))
    pid = os.fork()
    if pid:
        link.sendall(f"{pid}\n".encode())
        _, status, usage = os.wait4(pid, 0)
        with suppress(OSError):  # who asked has ended
            with Path(request["account"]).open("a") as account:
                account.write(f"{usage.ru_utime + usage.ru_stime}\n")
            link.sendall(f"{os.waitstatus_to_exitcode(status)}\n".encode())
        os._exit(0)
    link.close()
    os.setsid()
    for target, stream in enumerate(streams):
        os.dup2(stream, target)
        os.close(stream)
    # What the interpreter opened at its start may have been a file: text streams remember whether they can seek.
    sys.stdin = open(0, closefd=False)  # noqa: SIM115
    sys.stdout = open(1, "w", closefd=False)  # noqa: SIM115
    sys.stderr = open(2, "w", buffering=1, errors="backslashreplace", closefd=False)  # noqa: SIM115
    os.chdir(request["cwd"])
    os.environ.clear()
    os.environ.update(request["env"])
    time.tzset()
    sys.argv[:] = request["command"]


def _import_everything() -> None:
    """What any command imports when it runs. Nothing reads a setting while it is imported, but `main`."""
    package = importlib.import_module(OUR_PACKAGE)
    for found in pkgutil.walk_packages(package.__path__, f"{OUR_PACKAGE}."):
        if found.name.rpartition(".")[2] not in ("main", "__main__", "env") and ".versions" not in found.name:
            importlib.import_module(found.name)
    for name in LATE_IMPORTS:
        importlib.import_module(name)


def _main() -> None:
    signal.signal(signal.SIGINT, signal.default_int_handler)
    listener = socket.socket(fileno=int(sys.argv[1]))
    ready, _, _ = select.select([listener.fileno(), 0], [], [])
    if listener.fileno() not in ready:
        return  # the run has ended, and no test asked for a process
    _import_everything()
    gc.collect()
    gc.freeze()
    _serve(listener)
    os._exit(_run())


def _run() -> int:
    """Run the command to its end; taking the interpreter apart afterwards would cost half a second for nothing."""
    try:
        if sys.argv[0] == "-m":
            del sys.argv[0]
            runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
        else:
            sys.path.insert(0, str(Path(sys.argv[0]).parent))
            runpy.run_path(sys.argv[0], run_name="__main__")
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:
        traceback.print_exc()
        code = 1
    else:
        code = 0
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    return code


if __name__ == "__main__":
    _main()
