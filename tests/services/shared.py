"""The servers that all workers of a run share: one PostgreSQL, RabbitMQ and Chromium, started when first asked for.

pytest-xdist runs the tests in several worker processes. The process that directs them keeps the servers
(`Keeper`); each worker asks it over a connection (`Kept`). Without workers `SharedServers` is used directly.
"""

import asyncio
import os
import shutil
import tempfile
import threading
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.connection import Client, Connection, Listener
from pathlib import Path
from typing import Any, Protocol, TypeVar

import asyncpg

from tests.services.browser import Chromium
from tests.services.migrate import migrate
from tests.services.postgres import Postgres
from tests.services.rabbitmq import RabbitMQ

T = TypeVar("T")

EMPTY = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid();
SET session_replication_role = replica;
DO $$ DECLARE name text; BEGIN
    FOR name IN SELECT quote_ident(relname) FROM pg_class
        WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND relname <> 'alembic_version'
            AND pg_relation_size(oid) > 0 LOOP
        EXECUTE 'DELETE FROM public.' || name;
    END LOOP;
END $$
"""
# A copy has the object ids of its template. The size counts in steps: what a test leaves behind, few tests may add to.
FINGERPRINT = """
SELECT md5(string_agg(part, ' ' ORDER BY part)) FROM (
    SELECT c::text AS part FROM pg_class c WHERE relnamespace = 'public'::regnamespace
    UNION ALL SELECT a::text FROM pg_attribute a JOIN pg_class c ON c.oid = attrelid
        WHERE relnamespace = 'public'::regnamespace
    UNION ALL SELECT c::text FROM pg_constraint c WHERE connamespace = 'public'::regnamespace
    UNION ALL SELECT t::text FROM pg_trigger t
    UNION ALL SELECT d::text FROM pg_attrdef d
    UNION ALL SELECT n::text FROM pg_namespace n WHERE nspname NOT LIKE 'pg\\_t%'
    UNION ALL SELECT proname::text FROM pg_proc WHERE pronamespace = 'public'::regnamespace
    UNION ALL SELECT typname::text FROM pg_type WHERE typnamespace = 'public'::regnamespace
    UNION ALL SELECT setconfig::text FROM pg_db_role_setting JOIN pg_database d ON d.oid = setdatabase
        WHERE datname = current_database()
    UNION ALL SELECT version_num::text FROM alembic_version
    UNION ALL SELECT (sum(pg_relation_size(oid)) / 4000000)::bigint::text FROM pg_class
        WHERE relnamespace = 'public'::regnamespace
) parts
"""


class Servers(Protocol):
    """What a test may ask of the shared servers. None of it stops or hurts one: others are using it."""

    def empty_database(self) -> str:
        """The address of a fresh PostgreSQL database without a table."""

    def migrated_database(self) -> str:
        """The address of a fresh PostgreSQL database whose schema is the newest."""

    def drop_database(self, url: str) -> None:
        """Remove a database that one of the others made."""

    def rabbitmq_url(self) -> str:
        """The address of the RabbitMQ node; tests keep apart by the names of their queues."""

    def browser_address(self) -> str:
        """Where Chromium takes commands; each test has windows of its own."""

    def migrated_file(self) -> Path:
        """A SQLite file whose schema is the newest, to copy and never to change."""


class SharedServers:
    """Starts each server once, and makes each template once."""

    def __init__(self) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="templates-"))
        self._lock = threading.RLock()
        self._made: dict[str, Any] = {}
        self._migrated: set[str] = set()
        self._free: list[str] = []
        self._sessions = Sessions()
        self.costs: dict[str, float] = {}
        """CPU seconds of each server that ran, known once it was stopped."""

    def empty_database(self) -> str:
        return self._postgres().create_database()

    def migrated_database(self) -> str:
        template, _ = self._once("template", self._make_template)
        with self._lock:
            url = self._free.pop() if self._free else None
        if url is None:
            url = self._postgres().create_database(template=template)
            self._migrated.add(url)
        return url

    def drop_database(self, url: str) -> None:
        """Or empty it for the next test, which takes a fifth of the time."""
        if url in self._migrated and self._is_as_new(url):
            self._free.append(url)
        else:
            self._sessions.forget(url)
            self._postgres().drop_database(url)

    def _is_as_new(self, url: str) -> bool:
        """Empty it, and look whether the test left anything but rows: a changed schema or setting, much dead space."""
        try:
            found = self._sessions.run(url, EMPTY, FINGERPRINT)
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
            return False
        return bool(found == self._made["template"][1])

    def rabbitmq_url(self) -> str:
        return self._once("RabbitMQ", lambda: RabbitMQ().start()).url

    def browser_address(self) -> str:
        return self._once("Chromium", lambda: Chromium().start()).address

    def migrated_file(self) -> Path:
        return self._once("file", self._make_file)

    def close(self) -> None:
        """Stop what was started and note what it cost."""
        self._sessions.close()
        for name, server in self._made.items():
            if isinstance(server, Postgres | RabbitMQ | Chromium):
                before = cpu_seconds()
                server.close()
                self.costs[name] = cpu_seconds() - before
        shutil.rmtree(self._folder, ignore_errors=True)

    def _postgres(self) -> Postgres:
        return self._once("PostgreSQL", lambda: Postgres(quiet=True).start())

    def _make_template(self) -> tuple[str, str]:
        """Its address, and what is the same of every copy that is as new."""
        server = self._postgres()
        url = server.create_database()
        migrate(url)
        return url, server.sql(FINGERPRINT, database=url.rpartition("/")[2])

    def _make_file(self) -> Path:
        file = self._folder / "migrated.db"
        migrate(f"sqlite+aiosqlite:///{file}")
        return file

    def _once(self, name: str, make: Callable[[], T]) -> T:
        with self._lock:
            if name not in self._made:
                self._made[name] = make()
            made: T = self._made[name]
            return made


class Sessions:
    """One session with each database, kept open: a program and a session for each statement cost six times as much."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._open: dict[str, asyncpg.Connection] = {}

    def run(self, url: str, command: str, query: str) -> Any:
        """Run a command, and return the one value that the query finds.

        Raises:
            OSError, asyncpg.PostgresError, asyncpg.InterfaceError: the server refused, or ended the session.
        """
        return asyncio.run_coroutine_threadsafe(self._run(url, command, query), self._loop).result()

    def forget(self, url: str) -> None:
        """End the session with a database that is dropped."""
        if (session := self._open.pop(url, None)) is not None:
            self._loop.call_soon_threadsafe(session.terminate)

    def close(self) -> None:
        """End all sessions."""
        for url in list(self._open):
            self.forget(url)
        self._loop.call_soon_threadsafe(self._loop.call_soon, self._loop.stop)  # after the transports are closed
        self._thread.join()
        self._loop.close()

    async def _run(self, url: str, command: str, query: str) -> Any:
        session = self._open.get(url)
        if session is None or session.is_closed():
            session = self._open[url] = await asyncpg.connect(url.replace("+asyncpg", ""))
        await session.execute(command)
        return await session.fetchval(query)


class Keeper:
    """Answers the workers' calls of `SharedServers`, each worker in a thread of its own."""

    def __init__(self) -> None:
        self.servers = SharedServers()
        self._key = os.urandom(16)
        self._listener = Listener(("127.0.0.1", 0), authkey=self._key)
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def address(self) -> tuple[int, str]:
        """What a worker needs to make its `Kept`."""
        return self._listener.address[1], self._key.hex()

    def close(self) -> None:
        """Stop the servers; no worker may ask any more."""
        self._listener.close()
        self.servers.close()

    def _accept(self) -> None:
        with suppress(OSError):  # the listener was closed
            while True:
                worker = self._listener.accept()
                threading.Thread(target=self._serve, args=(worker,), daemon=True).start()

    def _serve(self, worker: "Connection[Any, Any]") -> None:
        with worker, suppress(EOFError, OSError):  # the worker ended
            while True:
                name, arguments = worker.recv()
                try:
                    worker.send((getattr(self.servers, name)(*arguments), None))
                except Exception as error:  # it belongs to the one who asked
                    worker.send((None, repr(error)))


class Kept:
    """A worker's way to the servers that the directing process keeps."""

    def __init__(self, address: tuple[int, str]) -> None:
        port, key = address
        self._keeper = Client(("127.0.0.1", port), authkey=bytes.fromhex(key))

    def empty_database(self) -> str:
        return str(self._ask("empty_database"))

    def migrated_database(self) -> str:
        return str(self._ask("migrated_database"))

    def drop_database(self, url: str) -> None:
        self._ask("drop_database", url)

    def rabbitmq_url(self) -> str:
        return str(self._ask("rabbitmq_url"))

    def browser_address(self) -> str:
        return str(self._ask("browser_address"))

    def migrated_file(self) -> Path:
        return Path(self._ask("migrated_file"))

    def close(self) -> None:
        """Leave the servers to the others."""
        self._keeper.close()

    def _ask(self, name: str, *arguments: str) -> Any:
        self._keeper.send((name, arguments))
        answer, error = self._keeper.recv()
        if error is not None:
            raise RuntimeError(f"the shared servers: {error}")
        return answer


def cpu_seconds() -> float:
    """CPU seconds of this process and of its children that have ended."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system
