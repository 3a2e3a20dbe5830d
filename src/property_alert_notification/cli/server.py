"""Serves the API over HTTP until SIGINT or SIGTERM, and then stops in order."""

import asyncio
import errno
import ipaddress
import shlex
import shutil
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from math import ceil
from pathlib import Path
from typing import Any

import structlog
import uvicorn
from fastapi import FastAPI

from property_alert_notification.app import create_app
from property_alert_notification.base.console import announce
from property_alert_notification.base.errors import ConfigurationError
from property_alert_notification.base.process import new_event_loop, stop_signals, tune_garbage_collector
from property_alert_notification.base.settings import Settings
from property_alert_notification.base.settings.listening import listen, plain_host
from property_alert_notification.base.supervise import end
from property_alert_notification.cli.connections import Connections, Limits, most_connections
from property_alert_notification.cli.draining import LONGEST_LINGER, Draining, close_listeners

log = structlog.get_logger()


def serve(settings: Settings, host: str, port: int, *, with_worker: bool) -> None:
    """Serve until a stop signal; returns when everything has ended in order.

    Raises:
        ConfigurationError: the port is taken, a setting is wrong, or the store's schema is old.
    """
    with _listen(host, port) as listener:
        if settings.is_local and settings.public_url is None:
            settings = settings.model_copy(update={"public_url": f"{_url(listener)}{settings.root_path}"})
        app = create_app(settings, with_worker=with_worker)
        connections = Connections(
            Limits(most_connections(settings.max_connections), settings.header_timeout, settings.body_timeout)
        )
        draining = Draining(app)
        server = _Server(
            uvicorn.Config(
                draining,
                lifespan="off",
                http=connections.protocol(),
                ws="none",
                log_config=None,
                access_log=settings.is_local,
                timeout_graceful_shutdown=ceil(settings.shutdown_grace),
                **proxy_options(settings.trusted_proxies),
            ),
            draining=draining,
            drain=settings.drain,
            on_drain=lambda: app.state.parts.stopping.set(),
            on_ready=lambda: _welcome(_url(listener), settings, with_worker=with_worker),
        )
        with asyncio.Runner(loop_factory=new_event_loop) as runner:
            runner.run(_run(server, app, listener, connections))


def proxy_options(trusted: str) -> dict[str, Any]:
    """The options of uvicorn that say whose `X-Forwarded-For` and `-Proto` to trust; its own variable is ignored.

    A socket that takes IPv4 and IPv6 shows an address of IPv4 as one of IPv6 (`::ffff:10.0.0.5`), so both are named.
    """
    networks = [ipaddress.ip_network(each) for each in trusted.split(",") if each]
    mapped = [f"::ffff:{one.network_address}/{96 + one.prefixlen}" for one in networks if one.version == 4]
    return {"proxy_headers": bool(networks), "forwarded_allow_ips": [*map(str, networks), *mapped]}


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches `host`."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(plain_host(host)).is_loopback
    except ValueError:
        return False


async def _run(server: "_Server", app: FastAPI, listener: socket.socket, connections: Connections) -> None:
    with stop_signals(server.stop):
        # Entered here and not by uvicorn, which would print a traceback for a setting that is wrong.
        async with app.router.lifespan_context(app):
            watch = app.state.parts.supervisor.start("connections", connections.watch)
            await server.serve(sockets=[listener])
            await end(watch)


class _Server(uvicorn.Server):
    """Leaves signals to its caller, and prints when it answers."""

    def __init__(
        self,
        config: uvicorn.Config,
        *,
        draining: Draining,
        drain: float,
        on_drain: Callable[[], None],
        on_ready: Callable[[], None],
    ) -> None:
        super().__init__(config)
        self._draining = draining
        self._drain_seconds = drain
        self._on_drain = on_drain
        self._on_ready = on_ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        tune_garbage_collector()
        self._on_ready()

    def stop(self) -> None:
        """Stop in order. uvicorn's own handler would drop what is being answered at the second SIGINT."""
        self.should_exit = True

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Let callers go, close the listener, then let uvicorn close what is idle and finish what is answered."""
        if self._drain_seconds:
            await self._drain(sockets or [])
        await super().shutdown(sockets)

    async def _drain(self, sockets: list[socket.socket]) -> None:
        log.info("api.draining", seconds=self._drain_seconds)
        self._on_drain()
        self._draining.begun = True
        await asyncio.sleep(self._drain_seconds)
        await close_listeners(self.servers, sockets, self._protocol)
        with suppress(TimeoutError):
            async with asyncio.timeout(min(self._drain_seconds, LONGEST_LINGER)):
                while self.server_state.connections:  # noqa: ASYNC110 - uvicorn's, which sets no event
                    await asyncio.sleep(0.05)

    def _protocol(self) -> asyncio.Protocol:
        return self.config.http_protocol_class(  # type: ignore[call-arg]
            config=self.config, server_state=self.server_state, app_state=self.lifespan.state
        )

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        # uvicorn would raise the signal again at the end, and the exit code would not be 0.
        yield


def _listen(host: str, port: int) -> socket.socket:
    try:
        return listen(host, port)
    except OSError as error:
        raise ConfigurationError(_explain(error, host, port)) from None


def _explain(error: OSError, host: str, port: int) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"--port: {port} is taken on {host}. Example: --port {port + 1 if port < 65_535 else 8000}"
    if isinstance(error, PermissionError):
        return f"--port: {port} may not be used by this user. Example: --port 8000"
    return f"--host: cannot listen on {host} ({error.strerror or error}). Example: --host 127.0.0.1"


def _url(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if listener.family == socket.AF_INET6 else f"http://{host}:{port}"


def as_typed() -> str:
    """This program as a shell in this folder understands it: its name where that is found, else its path."""
    program = Path(sys.argv[0])
    if program.name == "__main__.py":
        return f"{_path(Path(sys.executable))} -m property_alert_notification.cli"
    return _path(program)


def _path(program: Path) -> str:
    program, here = program.absolute(), Path.cwd()
    if shutil.which(program.name) == str(program):
        return program.name
    return shlex.quote(str(program.relative_to(here) if here in program.parent.parents else program))


def _welcome(url: str, settings: Settings, *, with_worker: bool) -> None:
    lines = [f"{settings.project_name} answers at {url}", f"  try it out      {url}/docs"]
    if settings.is_local:
        lines.append(f"  sent messages   {url}/mailbox")
    if with_worker:
        lines.append(f"  homes, alerts   {as_typed()} demo --url {url}    (in another terminal)")
        lines.append("  stop            Ctrl-C")
    else:
        lines.append(f"  deliveries      {as_typed()} worker    (at least one beside this process)")
    announce("\n".join(lines))
