"""A process of its own that has imported everything and run nothing; it is forked for each command (`prepared`)."""

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
import sys
import threading
import time
import traceback
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

OUR_PACKAGE = "property_alert_notification"
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


class _Call(NamedTuple):
    """What one process was started with, and where its pid and its end are told."""

    link: socket.socket
    request: dict[str, Any]
    streams: list[int]


def _serve(listener: socket.socket) -> _Call:
    """Fork for each call, until standard input ends; returns in the processes that are to run a command."""
    woken, waking = socket.socketpair()
    waking.setblocking(False)
    signal.set_wakeup_fd(waking.fileno(), warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)  # so that the end of a process wakes `select`
    watched: list[socket.socket | int] = [listener, woken, 0]
    running: dict[int, _Call] = {}
    while True:
        ready, _, _ = select.select(watched, [], [])
        if woken in ready:
            woken.recv(4_096)
        _tell_ends(running)
        if listener not in ready:
            if 0 in ready:
                sys.exit()
            continue
        link, _ = listener.accept()
        try:
            call = _read_call(link)
        except (OSError, ValueError):  # who asked has ended
            link.close()
            continue
        pid = os.fork()
        if pid == 0:
            _leave(listener, woken, waking, link, *(each.link for each in running.values()))
            return call
        running[pid] = call
        _tell_start(call, pid)


def _read_call(link: socket.socket) -> _Call:
    head, streams, _, _ = socket.recv_fds(link, 4, 3)
    with link.makefile("rb") as file:
        return _Call(link, json.loads(file.read(int.from_bytes(head, "big"))), streams)


def _leave(*sockets: socket.socket) -> None:
    """Undo in a new process what only the one from which it was forked needs."""
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    for one in sockets:
        one.close()


def _tell_start(call: _Call, pid: int) -> None:
    for stream in call.streams:
        os.close(stream)
    with suppress(OSError):  # who asked has ended
        call.link.sendall(f"{pid}\n".encode())


def _tell_ends(running: dict[int, _Call]) -> None:
    """Note what each process cost that has ended, and tell its end to the one who started it."""
    while running:
        pid, status, usage = os.wait4(-1, os.WNOHANG)
        if not pid:
            return
        call = running.pop(pid)
        with suppress(OSError), call.link:  # who asked has ended
            with Path(call.request["account"]).open("a") as account:
                account.write(f"{usage.ru_utime + usage.ru_stime}\n")
            call.link.sendall(f"{os.waitstatus_to_exitcode(status)}\n".encode())


def _become(call: _Call) -> None:
    """Take the streams, folder, environment and command of a call."""
    os.setsid()
    for target, stream in enumerate(call.streams):
        os.dup2(stream, target)
        os.close(stream)
    # What the interpreter opened at its start may have been a file: text streams remember whether they can seek.
    sys.stdin = open(0, closefd=False)  # noqa: SIM115
    sys.stdout = open(1, "w", closefd=False)  # noqa: SIM115
    sys.stderr = open(2, "w", buffering=1, errors="backslashreplace", closefd=False)  # noqa: SIM115
    os.chdir(call.request["cwd"])
    os.environ.clear()
    os.environ.update(call.request["env"])
    time.tzset()
    sys.argv[:] = call.request["command"]


def _import_everything() -> None:
    """What any command imports when it runs. Nothing reads a setting while it is imported, but `main`."""
    package = importlib.import_module(OUR_PACKAGE)
    for found in pkgutil.walk_packages(package.__path__, f"{OUR_PACKAGE}."):
        if found.name.rpartition(".")[2] not in ("main", "__main__", "env") and ".versions" not in found.name:
            importlib.import_module(found.name)
    for name in LATE_IMPORTS:
        importlib.import_module(name)
    importlib.import_module(f"{OUR_PACKAGE}.database.migrations").revisions()  # reads the file of each, and keeps them


def _main() -> None:
    signal.signal(signal.SIGINT, signal.default_int_handler)
    listener = socket.socket(fileno=int(sys.argv[1]))
    ready, _, _ = select.select([listener.fileno(), 0], [], [])
    if listener.fileno() not in ready:
        return  # the run has ended, and no test asked for a process
    _import_everything()
    gc.collect()
    gc.freeze()
    _become(_serve(listener))
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
