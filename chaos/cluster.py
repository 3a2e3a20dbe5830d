"""The cluster that a trial breaks: two API processes, workers, providers and the servers they need, all on loopback."""

import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TypeVar

import httpx2

from chaos.plan import Plan, StoreName
from chaos.provider.__main__ import READY
from chaos.provider.faults import Fault
from chaos.provider.journal import JournalReader
from chaos.proxy import Proxy
from chaos.server import Server, run
from property_alert_notification.base.settings import Settings
from property_alert_notification.channels.smtp.settings import SmtpSettings
from property_alert_notification.notification_worker.provider_handle import AHEAD
from tests.services.postgres import Postgres
from tests.services.process import ServiceFailed, free_port, wait_until
from tests.services.rabbitmq import RabbitMQ

Part = TypeVar("Part")

ROUTING_KEY = "chaos"
LEASE = 2.0
"""Seconds of a claim here, the shortest there is, so that a trial need not wait long for a rescue."""

APIS = 2

DISK = 400
"""Megabytes of a small disk: PostgreSQL needs 40 for itself, and its write-ahead log twice the size it may have."""

SETTINGS = {
    "ENVIRONMENT": "production",
    "SECRET_KEYS": "a-secret-of-experiments-with-32-characters",
    "SIGNING_KEYS": "a-signing-key-of-experiments-with-32-characters",
    "PUBLIC_URL": "https://alerts.example.com",
    "QUEUE_ROUTING_KEY": ROUTING_KEY,
    "DEFAULT_PREFERENCES": "email,sms",
    "LEASE": str(LEASE),
    "RETRY_FIRST_WAIT": "0.2",
    "RETRY_LONGEST_WAIT": "2",
    "RETRY_MAX_ATTEMPTS": "30",
    "EMAIL_PROVIDER": "smtp",
    "EMAIL_FROM": "alerts@example.com",
    "SMS_PROVIDER": "http",
}

GATEWAYS = {"SMS_HTTP": "http", "SMS_HTTP_BACKUP": "http@backup"}
SMTP_SERVERS = {"SMTP": "smtp", "SMTP_BACKUP": "smtp@backup"}
"""By the beginning of their settings. The backups get something only where an experiment's plan names them."""

PATIENCE = 2.0
"""Seconds for which a worker waits for a provider. What hangs here hangs for ever, so there is no use in more."""


@dataclass(frozen=True, slots=True)
class Cluster:
    """Everything that was started."""

    plan: Plan
    folder: Path
    database_url: str
    """The store itself, past any proxy."""
    settings: dict[str, str]
    apis: list[Server]
    urls: list[str]
    """Where each of `apis` answers."""
    workers: list[Server]
    matchers: list[Server]
    provider_url: str
    taken: JournalReader
    """What the providers wrote down."""
    rabbitmq: RabbitMQ | None
    postgres: Postgres | None
    to_broker: Proxy | None
    to_store: Proxy | None
    api_key: str

    @property
    def servers(self) -> list[Server]:
        """Every process of the service."""
        return [*self.apis, *self.background]

    @property
    def background(self) -> list[Server]:
        """The processes that nobody calls."""
        return [*self.workers, *self.matchers]

    @property
    def in_hand(self) -> int:
        """Emails of one worker that may be unknown if it is killed, at most: those whose attempts are stored.

        It stores the attempts of what it submits within `SOON`, too: with providers as quick as those of most
        experiments that may be everything that it has claimed.
        """
        connections = int(self.settings.get("SMTP_CONNECTIONS", SmtpSettings.model_fields["connections"].default))
        most = int(self.settings.get("WORKER_CONCURRENCY", Settings.model_fields["worker_concurrency"].default))
        return min(most, AHEAD * connections * len(self.settings["EMAIL_PROVIDER"].split(",")))

    @property
    def broker(self) -> RabbitMQ:
        """RabbitMQ, where the plan has it."""
        return _there(self.rabbitmq)

    @property
    def database(self) -> Postgres:
        """PostgreSQL, where the plan has it."""
        return _there(self.postgres)

    @property
    def broker_line(self) -> Proxy:
        """What the workers reach RabbitMQ by, where the plan has proxies."""
        return _there(self.to_broker)

    @property
    def store_line(self) -> Proxy:
        """What the workers reach PostgreSQL by, where the plan has proxies."""
        return _there(self.to_store)

    def inject_faults(self, faults: Sequence[Fault] = (), *, seed: int = 0) -> None:
        """Let the providers do this from now on; without faults they behave."""
        changes = {"faults": [asdict(fault) for fault in faults], "seed": seed}
        httpx2.put(f"{self.provider_url}/faults", json=changes, trust_env=False).raise_for_status()

    def repair(self) -> list[str]:
        """Bring everything back to work; returns the names of what had ended by itself."""
        self.inject_faults()
        for line in (self.to_broker, self.to_store):
            if line is not None:
                line.go_on()
        failed = [server.name for server in self.servers if server.has_failed]
        for server in self.servers:
            server.thaw()
            if not server.is_running:
                server.start()
        return failed

    def keep_logs(self, folder: Path) -> None:
        """Copy what every process logged, and what the providers took."""
        folder.mkdir(parents=True, exist_ok=True)
        for server in self.servers:
            (folder / f"{server.name}.log").write_text(server.log())
        shutil.copy(self.folder / "journal", folder / "providers.jsonl")


def _there(part: Part | None) -> Part:
    if part is None:
        raise ServiceFailed("the experiment asks for a part that its plan does not have")
    return part


@contextmanager
def open_cluster(plan: Plan) -> Iterator[Cluster]:
    """Start everything, and stop it at the end, also when it did not start to the end.

    Raises:
        ServiceMissing: a server's program is not on this machine.
        ServiceFailed: a server or a process of the service did not start.
    """
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="chaos-")))
        http_port, *ports = [free_port() for _ in range(1 + APIS)]
        rabbitmq = _start_rabbitmq(stack) if plan.workers and plan.store is StoreName.POSTGRESQL else None
        postgres = _start_postgres(stack, plan) if plan.store is StoreName.POSTGRESQL else None
        database_url = f"sqlite:///{folder}/alerts.db" if postgres is None else postgres.create_database()
        to_broker = stack.enter_context(Proxy(rabbitmq.port)) if rabbitmq and plan.proxied else None
        to_store = stack.enter_context(Proxy(postgres.port)) if postgres and plan.proxied else None
        broker_url = "embedded://" if rabbitmq is None else rabbitmq.url
        settings = SETTINGS | {"DATABASE_URL": database_url, "QUEUE_BROKER_URL": broker_url}
        settings |= plan.settings
        names = [f"worker-{number}" for number in range(1, plan.workers + 1)]
        doors = {(provider, name): free_port() for provider in SMTP_SERVERS.values() for name in names}
        _start_providers(stack, http_port, doors, folder)
        lines = _lines(settings, (rabbitmq, to_broker), (postgres, to_store))
        run("migrate", folder=folder, settings=settings)
        apis = [_api(f"api-{number}", port, folder, settings, plan) for number, port in enumerate(ports, start=1)]
        workers = [_worker(name, folder, _providers(name, http_port, doors) | settings | lines, plan) for name in names]
        matchers = [_matcher(f"matcher-{number}", folder, settings, plan) for number in range(1, plan.matchers + 1)]
        for server in (*apis, *workers, *matchers):
            stack.callback(server.stop)
        with ThreadPoolExecutor() as pool:
            for starting in [pool.submit(server.start) for server in (*apis, *workers, *matchers)]:
                starting.result()
        if rabbitmq is not None:
            settle_queues(rabbitmq)
        yield Cluster(
            plan=plan,
            folder=folder,
            database_url=database_url,
            settings=settings,
            apis=apis,
            urls=[f"http://127.0.0.1:{port}" for port in ports],
            workers=workers,
            matchers=matchers,
            provider_url=f"http://127.0.0.1:{http_port}",
            taken=stack.enter_context(closing(JournalReader(folder / "journal"))),
            rabbitmq=rabbitmq,
            postgres=postgres,
            to_broker=to_broker,
            to_store=to_store,
            api_key=create_key("chaos", folder=folder, settings=settings),
        )


def create_key(name: str, *, folder: Path, settings: dict[str, str], rate: str | None = None) -> str:
    """An API key of a caller who may do all that an experiment does, as often as `rate` says (`100/s`)."""
    things = ("notifications", "preferences", "users", "searches", "listings")
    scopes = ("notifications:read", *(f"{thing}:write" for thing in things))
    chosen = [word for scope in scopes for word in ("--scope", scope)]
    chosen += ["--rate", rate] if rate else []
    return run("keys", "create", "--name", name, *chosen, folder=folder, settings=settings)


def settle_queues(rabbitmq: RabbitMQ) -> None:
    """A node that is killed right after a queue was declared loses it for good; ours are to be older than that."""
    wait_until(lambda: _queues(rabbitmq) >= queue_names(), process=None, log=lambda: str(_queues(rabbitmq)))
    rabbitmq.keep_new_queues()


def queue_names() -> set[str]:
    """The names of all queues."""
    return {f"{ROUTING_KEY}.{channel}{suffix}" for channel in ("email", "sms") for suffix in ("", ".urgent")}


def _queues(rabbitmq: RabbitMQ) -> set[str]:
    return set(rabbitmq.ctl("list_queues", "--silent", "name").split())


def _start_rabbitmq(stack: ExitStack) -> RabbitMQ:
    # To be closed also when it is interrupted while it starts.
    return stack.enter_context(closing(RabbitMQ())).start()


def _start_postgres(stack: ExitStack, plan: Plan) -> Postgres:
    return stack.enter_context(closing(Postgres(disk=DISK if plan.small_disk else None))).start()


def _providers(caller: str, http_port: int, doors: Mapping[tuple[str, str], int]) -> dict[str, str]:
    """The settings by which one worker reaches the providers, each at a door of its own."""
    found: dict[str, str] = {}
    for prefix, provider in GATEWAYS.items():
        found[f"{prefix}_URL"] = f"http://127.0.0.1:{http_port}/{provider}/{caller}"
        found[f"{prefix}_KEY_HOURS"] = "24"
        found[f"{prefix}_TIMEOUT"] = str(PATIENCE)
    for prefix, provider in SMTP_SERVERS.items():
        found[f"{prefix}_HOST"] = "127.0.0.1"
        found[f"{prefix}_PORT"] = str(doors[provider, caller])
        found[f"{prefix}_STARTTLS"] = "off"
        found[f"{prefix}_TIMEOUT"] = found[f"{prefix}_FINAL_TIMEOUT"] = str(PATIENCE)
    return found


def _start_providers(stack: ExitStack, http_port: int, doors: Mapping[tuple[str, str], int], folder: Path) -> None:
    journal = folder / "journal"
    journal.touch()
    providers = Server(
        "providers",
        str(journal),
        str(http_port),
        *(f"{provider}/{caller}={port}" for (provider, caller), port in doors.items()),
        ready=READY,
        folder=folder,
        settings={},
        module="chaos.provider",
    )
    stack.callback(providers.stop)
    providers.start()


def _lines(
    settings: dict[str, str], broker: tuple[RabbitMQ | None, Proxy | None], store: tuple[Postgres | None, Proxy | None]
) -> dict[str, str]:
    """The settings by which the workers go through the proxies."""
    lines: dict[str, str] = {}
    for name, (server, proxy) in {"QUEUE_BROKER_URL": broker, "DATABASE_URL": store}.items():
        if server is not None and proxy is not None:
            lines[name] = settings[name].replace(f":{server.port}/", f":{proxy.port}/")
    if "QUEUE_BROKER_URL" in lines:
        # The shortest heartbeat, so that a silent line is noticed within a trial.
        lines["QUEUE_BROKER_URL"] += "?heartbeat=1"
    return lines


def _api(name: str, port: int, folder: Path, settings: dict[str, str], plan: Plan) -> Server:
    ahead = plan.ahead.get(name)
    return Server(name, "api", "--port", str(port), ready="answers at", folder=folder, settings=settings, ahead=ahead)


def _worker(name: str, folder: Path, settings: dict[str, str], plan: Plan) -> Server:
    return Server(name, "worker", ready="worker.started", folder=folder, settings=settings, ahead=plan.ahead.get(name))


def _matcher(name: str, folder: Path, settings: dict[str, str], plan: Plan) -> Server:
    ahead = plan.ahead.get(name)
    return Server(name, "matcher", ready="matcher.started", folder=folder, settings=settings, ahead=ahead)
