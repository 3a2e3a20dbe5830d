"""A PostgreSQL server of our own: a temporary cluster on a private port, or a container where there are no programs."""

import itertools
import os
import shutil
import signal
import subprocess
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Protocol

from tests.services.process import (
    Container,
    Host,
    HostedService,
    ServiceFailed,
    ServiceMissing,
    docker,
    end,
    free_port,
    has_docker,
    wait_until,
)

IMAGE = "postgres:15"
UNSAFE = ("fsync=off", "full_page_writes=off")
QUIET = ("autovacuum=off", "jit=off")
SHORT_LOG = ("max_wal_size=64MB", "min_wal_size=32MB")
COMMON = ("max_connections=200", "timezone=UTC", "log_min_messages=warning")


class _Server(Host, Protocol):
    def has_ended(self) -> bool: ...
    def kill_process(self, pid: int) -> None: ...
    def fill_disk(self) -> None: ...
    def free_disk(self) -> None: ...
    def pid(self) -> int | None: ...
    def tool(self, name: str, *arguments: str) -> subprocess.CompletedProcess[str]: ...


class Postgres(HostedService[_Server]):
    """One server, with as many databases as are asked for.

    Use it as a context manager, or call `start` and `close`.
    """

    def __init__(self, *, durable: bool = False, disk: int | None = None, quiet: bool = False) -> None:
        """Without `durable` nothing is flushed to the disk: faster, and nothing that a test can lose.

        A killed server still recovers all it committed; only a machine that loses power would not. Benchmarks
        measure the flushes too, and ask for `durable`.

        With `quiet` it does nothing by itself: no autovacuum visits its many small databases.

        With `disk` its files lie in memory, on a disk of so many megabytes, for `fill_disk`.

        Raises:
            ServiceMissing: neither the programs nor docker are here; or there is no right to mount a disk.
        """
        self.port = free_port()
        settings = COMMON + (() if durable else UNSAFE) + (QUIET if quiet else ())
        programs = find_programs()
        if disk is not None:
            if programs is None or os.geteuid() != 0:
                raise ServiceMissing("PostgreSQL, or the right to mount a disk for it,")
            super().__init__(_Cluster(programs, self.port, settings + SHORT_LOG, disk=disk))
        elif programs is not None:
            super().__init__(_Cluster(programs, self.port, settings))
        elif has_docker():
            super().__init__(_ContainedServer(self.port, settings))
        else:
            raise ServiceMissing("PostgreSQL")
        self._numbers = itertools.count(1)

    @property
    def url(self) -> str:
        """The address of the maintenance database, for SQLAlchemy and asyncpg."""
        return self._url("postgres")

    def create_database(self, template: str | None = None) -> str:
        """Make a fresh database and return its address.

        Args:
            template: the address of a database made here, to which nobody is connected; the fresh one is its copy.
        """
        name = f"fresh_{next(self._numbers)}"
        # Copied as files: with a write-ahead log of every page instead, it takes three times as long.
        origin = template.rpartition("/")[2] if template else "template0"
        self.sql(f'CREATE DATABASE "{name}" TEMPLATE "{origin}" STRATEGY file_copy')
        return self._url(name)

    def drop_database(self, url: str) -> None:
        """Remove a database, also with open connections."""
        self.sql(f'DROP DATABASE IF EXISTS "{url.rpartition("/")[2]}" WITH (FORCE)')

    def sql(self, statement: str, *, database: str = "postgres") -> str:
        """Run one statement as the superuser; returns its rows as plain text.

        Raises:
            ServiceFailed: the server refused it, or is away.
        """
        done = self._host.tool("psql", "--dbname", database, "--no-psqlrc", "--quiet", "-At", "--command", statement)
        if done.returncode != 0:
            raise ServiceFailed(done.stderr)
        return done.stdout.strip()

    def pid(self) -> int | None:
        """The process that all others of it are children of; None where a container has them."""
        return self._host.pid()

    def has_ended(self) -> bool:
        """It gave up by itself, as it does when there is no room for its log; `start` begins again."""
        return self._host.has_ended()

    def kill_session(self) -> None:
        """End one client's process by SIGKILL: the server ends all the others itself, recovers and goes on.

        Raises:
            ServiceFailed: nobody but us is connected.
        """
        others = "FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
        pid = self.sql(f"SELECT pid {others} ORDER BY random() LIMIT 1")
        if not pid:
            raise ServiceFailed("nobody is connected")
        self._host.kill_process(int(pid))

    def fill_disk(self) -> None:
        """Leave no byte free on the disk that it was given for itself."""
        self._host.fill_disk()

    def free_disk(self) -> None:
        """Undo `fill_disk`; does nothing to a disk that is not full."""
        self._host.free_disk()

    def _url(self, name: str) -> str:
        return f"postgresql+asyncpg://postgres@127.0.0.1:{self.port}/{name}"


def find_programs() -> Path | None:
    """The folder with PostgreSQL's programs; of several the newest version."""
    on_path = shutil.which("initdb")
    if on_path:
        return Path(on_path).resolve().parent
    # Debian keeps them out of PATH, one folder per version.
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: float(path.parts[-3]))
    return found[-1].parent if found else None


class _Cluster:
    """A server from this machine's programs."""

    def __init__(self, programs: Path, port: int, settings: tuple[str, ...], *, disk: int | None = None) -> None:
        self._programs = programs
        self._port = port
        self._settings = settings
        self._process: subprocess.Popen[bytes] | None = None
        # The server refuses to run as root; the packages bring a user for it.
        self._user = "postgres" if os.geteuid() == 0 else None
        self._folder = Path(tempfile.mkdtemp(prefix="postgres-"))
        self._data = self._folder / "data"
        self._log = self._folder / "log"
        self._disk = None if disk is None else self._folder / "disk"
        if self._disk is not None:
            self._disk.mkdir()
            _run_as_root("mount", "-t", "tmpfs", "-o", f"size={disk}m", "alerts-postgres", str(self._disk))
            self._data = self._disk / "data"
        if self._user:
            for folder in (self._folder, self._data.parent):
                shutil.chown(folder, self._user)

    def start(self) -> None:
        if not self._data.exists():
            self._run("initdb", f"--pgdata={self._data}", "--username=postgres", "--auth=trust", "--encoding=UTF8",
                      "--locale=C", "--no-sync")  # fmt: skip
        options = ("listen_addresses=127.0.0.1", f"port={self._port}", "unix_socket_directories=", *self._settings)
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [self._programs / "postgres", "-D", self._data, *(f"--{option}" for option in options)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self._folder,
                user=self._user,
                start_new_session=True,  # Ctrl-C is for the one who started it, who then stops it in order
            )
        wait_until(lambda: self.tool("pg_isready").returncode == 0, process=self._process, log=self._log.read_text)

    def pid(self) -> int | None:
        return None if self._process is None else self._process.pid

    def has_ended(self) -> bool:
        return self._process is not None and self._process.poll() is not None

    def stop(self) -> None:
        if self._process is not None:
            end(self._process, signal.SIGINT)  # to PostgreSQL this means "fast shutdown"
            self._process = None

    def kill(self) -> None:
        if self._process is None:
            return
        children = _children_of(self._process.pid)
        end(self._process, signal.SIGKILL)
        for child in children:
            _kill_and_wait(child)
        self._process = None

    def kill_process(self, pid: int) -> None:
        os.kill(pid, signal.SIGKILL)

    def freeze(self) -> None:
        self._signal_all(signal.SIGSTOP)

    def thaw(self) -> None:
        self._signal_all(signal.SIGCONT)

    def _signal_all(self, what: signal.Signals) -> None:
        if self._process is None:
            raise ServiceFailed("it does not run")
        # The server first: it must not start others meanwhile. Its children lead sessions of their own.
        self._process.send_signal(what)
        for child in _children_of(self._process.pid):
            with suppress(ProcessLookupError):
                os.kill(child, what)

    def fill_disk(self) -> None:
        with self._ballast().open("wb", buffering=0) as ballast:
            for size in (1_000_000, 4_096):
                with suppress(OSError):
                    while True:
                        ballast.write(bytes(size))

    def free_disk(self) -> None:
        self._ballast().unlink(missing_ok=True)

    def _ballast(self) -> Path:
        if self._disk is None:
            raise ServiceFailed("it has no disk of its own")
        return self._disk / "ballast"

    def close(self) -> None:
        self.stop()
        if self._disk is not None:
            _run_as_root("umount", str(self._disk))
        shutil.rmtree(self._folder, ignore_errors=True)

    def tool(self, name: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        target = ("--host=127.0.0.1", f"--port={self._port}", "--username=postgres")
        return subprocess.run([self._programs / name, *target, *arguments], capture_output=True, text=True, check=False)

    def _run(self, name: str, *arguments: str) -> None:
        done = subprocess.run(
            [self._programs / name, *arguments],
            capture_output=True,
            text=True,
            cwd=self._folder,
            user=self._user,
            check=False,
        )
        if done.returncode != 0:
            raise ServiceFailed(f"{name}: {done.stderr}")


def _run_as_root(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise ServiceFailed(f"{command[0]}: {done.stderr}")


def _children_of(pid: int) -> list[int]:
    listed = subprocess.run(["ps", "-o", "pid=", "--ppid", str(pid)], capture_output=True, text=True, check=False)
    return [int(child) for child in listed.stdout.split()]


def _kill_and_wait(pid: int) -> None:
    """A server that is started while a process of the last one lives finds its memory in use, and ends."""
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return
    wait_until(lambda: not _is_alive(pid), process=None, log=lambda: f"process {pid} does not end")


def _is_alive(pid: int) -> bool:
    shown = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return bool(shown.stdout.strip()) and not shown.stdout.lstrip().startswith("Z")


class _ContainedServer(Container):
    """A server from the official image."""

    def __init__(self, port: int, settings: tuple[str, ...]) -> None:
        options = itertools.chain.from_iterable(("-c", option) for option in settings)
        trust = ("--env", "POSTGRES_HOST_AUTH_METHOD=trust")
        super().__init__("--publish", f"127.0.0.1:{port}:5432", *trust, IMAGE, *options)

    def answers(self) -> bool:
        # By TCP: while the image prepares the cluster, a first server answers on its socket only.
        return self.tool("pg_isready").returncode == 0

    def pid(self) -> int | None:
        return None

    def has_ended(self) -> bool:
        return docker("inspect", "--format", "{{.State.Status}}", self._id) == "exited"

    def stop(self) -> None:
        docker("stop", "--signal", "SIGINT", self._id)

    def kill_process(self, pid: int) -> None:
        self.execute("kill", "-9", str(pid))

    def fill_disk(self) -> None:
        raise ServiceMissing("the right to fill a container's disk")

    free_disk = fill_disk

    def tool(self, name: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        return self.execute(name, "--host=127.0.0.1", "--username=postgres", *arguments)
