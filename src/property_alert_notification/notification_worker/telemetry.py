"""Serves health and metrics of a worker."""

import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from property_alert_notification.api.beside import serve_beside
from property_alert_notification.base.errors import ConfigurationError
from property_alert_notification.base.settings import Settings
from property_alert_notification.base.settings.listening import listen
from property_alert_notification.base.supervise import WELL_AFTER, end
from property_alert_notification.operators.health import router as health
from property_alert_notification.wiring import Parts


@asynccontextmanager
async def telemetry(parts: Parts) -> AsyncIterator[None]:
    """Serve health and metrics on `WORKER_METRICS_PORT`, if it is set."""
    if not parts.settings.worker_metrics_port:
        yield
        return
    app = FastAPI(openapi_url=None)
    app.state.parts = parts
    app.include_router(health)
    with _telemetry_socket(parts.settings) as listener:
        serving = parts.supervisor.start("telemetry", lambda _: serve_beside(app, listener), well_after=WELL_AFTER)
        try:
            yield
        finally:
            await end(serving)


def _telemetry_socket(settings: Settings) -> socket.socket:
    host, port = settings.worker_metrics_host, settings.worker_metrics_port
    try:
        return listen(host, port)
    except OSError as error:
        raise ConfigurationError(
            f"WORKER_METRICS_PORT: {port} on {host} cannot be opened ({error.strerror or error}). "
            f"Example: WORKER_METRICS_PORT={port + 1 if port < 65_535 else 9464}"
        ) from None
