"""A RabbitMQ node of our own, on private ports and in a private folder, or a container where there is no program."""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
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

IMAGE = "rabbitmq:4"
# Debian's /usr/sbin/rabbitmq-server drops the environment by which a node is made private; these do not.
PROGRAMS = Path("/usr/lib/rabbitmq/bin")


class _Node(Host, Protocol):
    def wipe(self) -> None: ...
    def ctl(self, *arguments: str) -> subprocess.CompletedProcess[str]: ...


class RabbitMQ(HostedService[_Node]):
    """One node. Use it as a context manager, or call `start` and `close`."""

    def __init__(self) -> None:
        """Nothing runs yet.

        Raises:
            ServiceMissing: neither the program nor docker are here.
        """
        self.port = free_port()
        if (PROGRAMS / "rabbitmq-server").exists():
            super().__init__(_LocalNode(self.port))
        elif has_docker():
            super().__init__(_ContainedNode(self.port))
        else:
            raise ServiceMissing("RabbitMQ")

    @property
    def url(self) -> str:
        """The address of the default virtual host."""
        return f"amqp://guest:guest@127.0.0.1:{self.port}/"

    def ctl(self, *arguments: str) -> str:
        """Run `rabbitmqctl` and return what it printed; takes about a second.

        Raises:
            ServiceFailed: it refused; the text is what it said.
        """
        done = self._host.ctl(*arguments)
        if done.returncode != 0:
            raise ServiceFailed(done.stdout + done.stderr)
        return done.stdout

    def wipe(self) -> None:
        """End it by SIGKILL and delete everything it kept: the next start begins with nothing."""
        self._host.wipe()

    def keep_new_queues(self) -> None:
        """Make the quorum queues declared so far survive a kill.

        The node notes their names with a delay of half a second. One that is killed before that comes back with a
        queue that has no log and never elects a leader: every later consumer of it hangs.
        """
        self.ctl("eval", "dets:sync(ra_directory_reverse).")


def speaks_amqp(port: int) -> bool:
    """Whether a broker answers the protocol header with Connection.Start (AMQP 0-9-1, 2.2.4)."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=2) as connection:
            connection.sendall(b"AMQP\x00\x00\x09\x01")
            # A method frame begins with 1, on channel 0.
            return connection.recv(3) == b"\x01\x00\x00"
    except OSError:
        return False


class _LocalNode:
    """A node from this machine's package."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._folder = Path(tempfile.mkdtemp(prefix="rabbitmq-"))
        self._log = self._folder / "output"
        self._plugins = self._folder / "enabled_plugins"
        self._plugins.write_text("[].\n")
        self._environment = self._private_environment()
        self._epmd: subprocess.Popen[bytes] | None = None
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self._start_port_mapper()
        self._process = self._spawn(PROGRAMS / "rabbitmq-server")
        wait_until(lambda: speaks_amqp(self._port), process=self._process, log=self._log.read_text)

    def stop(self) -> None:
        if self._process is not None:
            end(self._process, signal.SIGTERM)
            self._process = None

    def kill(self) -> None:
        if self._process is not None:
            end(self._process, signal.SIGKILL)
            self._process = None

    def wipe(self) -> None:
        self.kill()
        shutil.rmtree(self._folder / "data", ignore_errors=True)

    def freeze(self) -> None:
        if self._process is not None:
            self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        if self._process is not None:
            self._process.send_signal(signal.SIGCONT)

    def close(self) -> None:
        self.thaw()
        self.stop()
        if self._epmd is not None:
            # It ignores SIGTERM if this process did when it was started: a service that ends here ignores further ones.
            end(self._epmd, signal.SIGKILL)
        shutil.rmtree(self._folder, ignore_errors=True)

    def ctl(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [PROGRAMS / "rabbitmqctl", *arguments], env=self._environment, capture_output=True, text=True, check=False
        )

    def _start_port_mapper(self) -> None:
        """A node would start this as a daemon that outlives it, so it is started here as a child."""
        if self._epmd is not None:
            return
        self._epmd = self._spawn("epmd", "-port", self._environment["ERL_EPMD_PORT"])
        wait_until(self._maps_ports, process=self._epmd, log=self._log.read_text)

    def _maps_ports(self) -> bool:
        try:
            socket.create_connection(("127.0.0.1", int(self._environment["ERL_EPMD_PORT"])), timeout=2).close()
        except OSError:
            return False
        return True

    def _spawn(self, program: str | Path, *arguments: str) -> subprocess.Popen[bytes]:
        with self._log.open("ab") as log:
            return subprocess.Popen(
                [program, *arguments],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self._folder,
                env=self._environment,
                start_new_session=True,  # Ctrl-C is for the one who started it, who then stops it in order
            )

    def _private_environment(self) -> dict[str, str]:
        folder = str(self._folder)
        return {
            "PATH": os.environ.get("PATH", os.defpath),
            "HOME": folder,
            "LANG": "C.UTF-8",
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "ERL_EPMD_PORT": str(free_port()),
            "RABBITMQ_NODENAME": f"alerts{self._port}@localhost",
            "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODE_PORT": str(self._port),
            "RABBITMQ_DIST_PORT": str(free_port()),
            "RABBITMQ_MNESIA_BASE": f"{folder}/data",
            "RABBITMQ_LOG_BASE": f"{folder}/log",
            "RABBITMQ_PID_FILE": f"{folder}/pid",
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(self._plugins),
            # What the machine's administrator wrote for the machine's node is not for this one.
            "RABBITMQ_CONF_ENV_FILE": f"{folder}/none",
            "RABBITMQ_CONFIG_FILE": f"{folder}/none",
            # Makes the script become the node instead of waiting for it, so that our child is the node itself.
            "RUNNING_UNDER_SYSTEMD": "true",
        }


class _ContainedNode(Container):
    """A node from the official image."""

    def __init__(self, port: int) -> None:
        self._port = port
        # The node's data is kept under its name, and the name is made from the host's.
        super().__init__("--hostname", "alerts", "--publish", f"127.0.0.1:{port}:5672", IMAGE)

    def answers(self) -> bool:
        return speaks_amqp(self._port)

    def wipe(self) -> None:
        self.close()
        self._id = docker("create", *self._options)

    def ctl(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return self.execute("rabbitmqctl", *arguments)
