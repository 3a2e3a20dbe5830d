"""The commands that run until they are stopped: `dev`, `api`, `worker` and `matcher`."""

from typing import TYPE_CHECKING, Annotated

import typer

from property_alert_notification.base.errors import ConfigurationError

if TYPE_CHECKING:
    from property_alert_notification.base.settings import Settings

Host = Annotated[str, typer.Option(help="Address to listen on.")]
Port = Annotated[int, typer.Option(min=0, max=65_535, help="Port to listen on; 0 takes a free one.")]


def dev(host: Host = "127.0.0.1", port: Port = 8000) -> None:
    r"""Run everything in one process: API, worker, matcher and mailbox.

    Needs nothing else: without settings the store is the file `app.db` and the broker is built in.
    The schema is brought up to date at the start. Ctrl-C stops it.

    For example:

    `property-alerts dev`\
    `property-alerts dev --port 8001`\
    `EMAIL_PROVIDER=console property-alerts dev`
    """
    settings = _settings()
    if not settings.is_local:
        raise ConfigurationError(
            f"ENVIRONMENT: `dev` is for local, and this is {settings.environment}. "
            "Run `property-alerts api` and `property-alerts worker`, or set ENVIRONMENT=local"
        )
    _serve(settings, host, port, with_worker=True)


def api(host: Host = "127.0.0.1", port: Port = 8000) -> None:
    r"""Run the API alone; workers run beside it.

    Start as many as you like on one PostgreSQL. After SIGTERM it finishes the requests in progress.

    For example:

    `property-alerts api`\
    `property-alerts api --host 0.0.0.0 --port 8080`
    """
    _serve(_settings(), host, port, with_worker=False)


def worker() -> None:
    r"""Run a worker: publish due deliveries, send them, rescue those of dead workers.

    Start as many as you like. After SIGTERM it finishes calls in progress, for up to SHUTDOWN_GRACE seconds.

    For example:

    `property-alerts worker`\
    `WORKER_METRICS_PORT=9464 property-alerts worker`
    """
    from property_alert_notification.notification_worker.worker import main

    main()


def matcher() -> None:
    r"""Run a matcher: compare each change of a listing with all saved searches, and alert their users.

    One matcher works at a time, or as many as MATCHER_SHARDS says, each for its share of the users. Start one more,
    and it takes over within seconds if another one fails.

    For example:

    `property-alerts matcher`\
    `WORKER_METRICS_PORT=9465 property-alerts matcher`
    """
    from property_alert_notification.matcher import main

    main()


def _settings() -> "Settings":
    from property_alert_notification.preflight import load_settings

    return load_settings()


def _serve(settings: "Settings", host: str, port: int, *, with_worker: bool) -> None:
    from property_alert_notification.cli.server import is_loopback, serve

    if settings.is_local and not settings.allow_remote and not is_loopback(host):
        raise ConfigurationError(
            f"ALLOW_REMOTE: with ENVIRONMENT=local no key is needed, so {host} is refused. "
            "Use --host 127.0.0.1, or set ALLOW_REMOTE=true if this network may reach it"
        )
    serve(settings, host, port, with_worker=with_worker)
