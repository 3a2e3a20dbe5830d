"""What the servers here have in common: a port of their own, a way to be asked, an end."""

import os
import random
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from typing import Protocol, Self

PATIENCE = 150
"""Seconds after which a test gives up waiting. A test that passes never waits so long, on however busy a machine."""

HOW_TO_GET = "`make test` provides it, and so does scripts/provide-services alone."


class ServiceMissing(Exception):
    """A server's program is not on this machine; the text says how to get it."""

    def __init__(self, program: str) -> None:
        super().__init__(f"{program} is not installed here. {HOW_TO_GET}")


class ServiceFailed(Exception):
    """A server did not start, or ended by itself; the text has its last words."""


class Service:
    """A server of a test: started when it is entered, closed when it is left."""

    def start(self) -> Self:
        """Start it; returns when it answers."""
        raise NotImplementedError

    def close(self) -> None:
        """Stop it for good and remove its files."""
        raise NotImplementedError

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.close()


def free_port() -> int:
    """A free TCP port of 127.0.0.1.

    It lies below the range from which the kernel takes the ports of outgoing connections (from 32768 on),
    so that nobody takes it while its server is stopped for a while.
    """
    while True:
        port = random.randrange(20_000, 32_000)
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port


def wait_until(ready: Callable[[], bool], *, process: "Process | None", log: Callable[[], str]) -> None:
    """Ask until the answer is yes.

    Raises:
        ServiceFailed: the process ended, or PATIENCE is over.
    """
    deadline = time.monotonic() + PATIENCE
    while not ready():
        if process is not None and (code := process.poll()) is not None:
            raise ServiceFailed(f"ended with code {code}:\n{log()}")
        if time.monotonic() > deadline:
            raise ServiceFailed(f"does not answer:\n{log()}")
        time.sleep(0.02)


class Process(Protocol):
    """What can be ended: a `subprocess.Popen`, or what behaves like one."""

    @property
    def pid(self) -> int: ...
    def poll(self) -> int | None: ...
    def send_signal(self, how: int, /) -> None: ...
    def wait(self, timeout: float | None = None) -> int: ...


def end(process: Process, how: signal.Signals, *, patience: float = PATIENCE) -> None:
    """Send a signal to a server that leads a session of its own, and wait; after `patience` seconds kill all of it."""
    if process.poll() is None:
        process.send_signal(how)
    try:
        process.wait(patience)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def has_docker() -> bool:
    """Whether containers can be started here."""
    try:
        return subprocess.run(["docker", "info"], capture_output=True, timeout=20, check=False).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def docker(*arguments: str) -> str:
    """Run one docker command and return what it printed.

    Raises:
        ServiceFailed: docker refused; the text is what it said.
    """
    done = subprocess.run(["docker", *arguments], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise ServiceFailed(done.stderr)
    return done.stdout.strip()
