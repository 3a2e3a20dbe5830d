"""Where an experiment takes place: two API processes, workers, and the servers they need, all on loopback."""

import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from chaos.server import Server, run
from tests.services.postgres import Postgres
from tests.services.process import free_port, wait_until
from tests.services.rabbitmq import RabbitMQ
from tests.services.smtp import SmtpServer

ROUTING_KEY = "chaos"


class StoreName(StrEnum):
    """How a store is chosen on the command line. Where there are workers, RabbitMQ comes with PostgreSQL."""

    SQLITE = "sqlite"
    POSTGRESQL = "postgresql"


@dataclass(frozen=True, slots=True)
class Stage:
    """Everything that was started."""

    store: StoreName
    folder: Path
    database_url: str
    settings: dict[str, str]
    apis: list[Server]
    urls: list[str]
    """Where each of `apis` answers."""
    workers: list[Server]
    smtp: SmtpServer
    rabbitmq: RabbitMQ | None

    def create_key(self, name: str) -> str:
        """An API key of a caller who may do all that an experiment does."""
        scopes = ("--scope", "notifications:write", "--scope", "notifications:read")
        return run("keys", "create", "--name", name, *scopes, folder=self.folder, settings=self.settings)

    def raise_if_ended(self) -> None:
        """Raises ServiceFailed when a process of the service ended by itself."""
        for server in (*self.apis, *self.workers):
            server.raise_if_ended()

    def stop_service(self) -> None:
        """End the processes of the service in order, so that nothing is on its way any more."""
        for server in (*self.apis, *self.workers):
            server.stop()


@contextmanager
def open_stage(store: StoreName, *, workers: int) -> Iterator[Stage]:
    """Start everything, and stop it at the end, also when it did not start to the end.

    Raises:
        ServiceMissing: a server's program is not on this machine.
        ServiceFailed: a server or a process of the service did not start.
    """
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="chaos-")))
        smtp = stack.enter_context(SmtpServer())
        rabbitmq = _start_rabbitmq(stack) if workers and store is StoreName.POSTGRESQL else None
        database_url = f"sqlite:///{folder}/alerts.db" if store is StoreName.SQLITE else _start_postgres(stack)
        settings = _settings(database_url, smtp, rabbitmq)
        run("migrate", folder=folder, settings=settings)
        ports = [free_port() for _ in range(2)]
        apis = [_api(number, port, folder, settings) for number, port in enumerate(ports, start=1)]
        crew = [_worker(number, folder, settings) for number in range(1, workers + 1)]
        for server in (*apis, *crew):
            stack.callback(server.stop)
            server.start()
        if rabbitmq is not None:
            _settle_queues(rabbitmq)
        urls = [f"http://127.0.0.1:{port}" for port in ports]
        yield Stage(store, folder, database_url, settings, apis, urls, crew, smtp, rabbitmq)


def _start_rabbitmq(stack: ExitStack) -> RabbitMQ:
    # To be closed also when it is interrupted while it starts.
    return stack.enter_context(closing(RabbitMQ())).start()


def _start_postgres(stack: ExitStack) -> str:
    return stack.enter_context(closing(Postgres())).start().create_database()


def _settings(database_url: str, smtp: SmtpServer, rabbitmq: RabbitMQ | None) -> dict[str, str]:
    return {
        "ENVIRONMENT": "production",
        "DATABASE_URL": database_url,
        "QUEUE_BROKER_URL": "embedded://" if rabbitmq is None else rabbitmq.url,
        "QUEUE_ROUTING_KEY": ROUTING_KEY,
        "EMAIL_PROVIDER": "smtp",
        "EMAIL_FROM": "alerts@example.com",
        "SMTP_HOST": smtp.host,
        "SMTP_PORT": str(smtp.port),
        "SMTP_STARTTLS": "off",
        "SMS_PROVIDER": "http",
        "SMS_HTTP_URL": "http://127.0.0.1:9/messages",  # nobody wants SMS, so it is never asked
        "DEFAULT_PREFERENCES": "email",
    }


def _api(number: int, port: int, folder: Path, settings: dict[str, str]) -> Server:
    return Server(f"api-{number}", "api", "--port", str(port), ready="answers at", folder=folder, settings=settings)


def _worker(number: int, folder: Path, settings: dict[str, str]) -> Server:
    return Server(f"worker-{number}", "worker", ready="worker.started", folder=folder, settings=settings)


def _settle_queues(rabbitmq: RabbitMQ) -> None:
    """A node that is killed right after a queue was declared loses it for good; ours are to be older than that."""
    wait_until(lambda: _queues(rabbitmq) >= _wanted_queues(), process=None, log=lambda: str(_queues(rabbitmq)))
    rabbitmq.keep_new_queues()


def _queues(rabbitmq: RabbitMQ) -> set[str]:
    return set(rabbitmq.ctl("list_queues", "--silent", "name").split())


def _wanted_queues() -> set[str]:
    return {f"{ROUTING_KEY}.{channel}{lane}" for channel in ("email", "sms") for lane in ("", ".urgent")}
