"""What the servers here have in common: a port of their own, a way to be asked, an end."""

import os
import random
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from typing import Generic, Protocol, Self, TypeVar

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


class Host(Protocol):
    """What runs a service: this machine, or a container."""

    def start(self) -> None: ...
    def stop(self) -> None: ...
    def kill(self) -> None: ...
    def freeze(self) -> None: ...
    def thaw(self) -> None: ...
    def close(self) -> None: ...


AnyHost = TypeVar("AnyHost", bound=Host)


class HostedService(Service, Generic[AnyHost]):
    """A service that can be stopped, killed and frozen, whatever runs it."""

    def __init__(self, host: AnyHost) -> None:
        self._host = host

    def start(self) -> Self:
        """Start, also again after `stop` or `kill`, with what was durable; returns when it answers."""
        self._host.start()
        return self

    def stop(self) -> None:
        """Shut down in order."""
        self._host.stop()

    def kill(self) -> None:
        """End every process of it by SIGKILL."""
        self._host.kill()

    def freeze(self) -> None:
        """Stop every process of it in its tracks, until `thaw`: connections stay open, and nothing is answered."""
        self._host.freeze()

    def thaw(self) -> None:
        """Let it go on."""
        self._host.thaw()

    def close(self) -> None:
        """Stop it for good and remove its files."""
        self._host.close()


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


class Container:
    """A container of docker, made and not started."""

    def __init__(self, *options: str) -> None:
        """`options` are those of `docker create`, the image and its arguments included."""
        self._options = options
        self._id = docker("create", *options)

    def start(self) -> None:
        docker("start", self._id)
        wait_until(self.answers, process=None, log=lambda: docker("logs", self._id))

    def answers(self) -> bool:
        """Whether what runs in it is ready."""
        raise NotImplementedError

    def stop(self) -> None:
        docker("stop", self._id)

    def kill(self) -> None:
        docker("kill", self._id)

    def freeze(self) -> None:
        docker("pause", self._id)

    def thaw(self) -> None:
        docker("unpause", self._id)

    def close(self) -> None:
        docker("rm", "--force", "--volumes", self._id)

    def execute(self, *command: str) -> subprocess.CompletedProcess[str]:
        """Run a program in it."""
        return subprocess.run(["docker", "exec", self._id, *command], capture_output=True, text=True, check=False)


def docker(*arguments: str) -> str:
    """Run one docker command and return what it printed.

    Raises:
        ServiceFailed: docker refused; the text is what it said.
    """
    done = subprocess.run(["docker", *arguments], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise ServiceFailed(done.stderr)
    return done.stdout.strip()
