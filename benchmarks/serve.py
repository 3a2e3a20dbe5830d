"""A child that serves one application: ours without a worker, or the least that FastAPI can do with the same body."""

import argparse
import asyncio
import socket

import uvicorn
from fastapi import FastAPI
from starlette.types import ASGIApp
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from benchmarks.children import say
from property_alert_notification.app import create_app
from property_alert_notification.base.process import new_event_loop, tune_garbage_collector
from property_alert_notification.base.settings import Settings, load
from property_alert_notification.cli.connections import Connections, Limits
from property_alert_notification.cli.draining import Draining
from property_alert_notification.notifications.schemas import NotificationCreate

PATH = "/api/v1/notifications/"


def bare() -> FastAPI:
    """An application whose only handler reads the body and answers, and stores nothing."""
    app = FastAPI()

    @app.post(PATH)
    async def schedule_notification(body: NotificationCreate) -> dict[str, str]:
        return {"title": body.title, "status": "pending"}

    return app


def ours() -> FastAPI:
    """The service's API."""
    return create_app(load(Settings), with_worker=False)


def whole() -> FastAPI:
    """The service in one process: the API, and a worker in its event loop."""
    return create_app(load(Settings), with_worker=True)


class _Server(uvicorn.Server):
    """Says its port as soon as it answers."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        tune_garbage_collector()
        say(port=self.servers[0].sockets[0].getsockname()[1])


async def serve(app: FastAPI, *, within_limits: bool) -> None:
    """Serve until SIGTERM, in one process; `within_limits`, as `property-alerts api` serves its connections."""
    application: ASGIApp = app
    protocol: type[asyncio.Protocol] = HttpToolsProtocol
    if within_limits:
        given = load(Settings)
        limits = Limits(given.max_connections, given.header_timeout, given.body_timeout)
        application, protocol = Draining(app), Connections(limits).protocol()
    config = uvicorn.Config(
        application, host="127.0.0.1", port=0, http=protocol, access_log=False, log_config=None, backlog=2048
    )
    await _Server(config).serve()


if __name__ == "__main__":
    applications = {"bare": bare, "ours": ours, "whole": whole}
    parser = argparse.ArgumentParser()
    parser.add_argument("application", choices=applications)
    wanted = parser.parse_args().application
    with asyncio.Runner(loop_factory=new_event_loop) as runner:
        runner.run(serve(applications[wanted](), within_limits=wanted != "bare"))
