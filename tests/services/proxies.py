"""Runs a proxy in front of servers of ours, from its own folder, until its block ends."""

import os
import shutil
import signal
import socket
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.services.process import ServiceMissing, end, wait_until


def find_program(name: str) -> str:
    """Where a program is, also one that only root has on its PATH.

    Raises:
        ServiceMissing: it is not here.
    """
    program = shutil.which(name, path=f"{os.environ.get('PATH', os.defpath)}:/usr/sbin")
    if program is None:
        raise ServiceMissing(name)
    return program


@contextmanager
def listening(
    command: Sequence[str | Path], folder: Path, port: int, *, stop: signal.Signals, user: str | None = None
) -> Iterator[None]:
    """Run a command that listens on a port of loopback; its folder is removed at the end."""
    log = folder / "output"
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, user=user, start_new_session=True
        )
    try:
        wait_until(lambda: _answers(port), process=process, log=log.read_text)
        yield
    finally:
        end(process, stop)
        shutil.rmtree(folder, ignore_errors=True)


def _answers(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=2).close()
    except OSError:
        return False
    return True
