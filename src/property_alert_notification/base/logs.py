"""Structured logs: events with ids, never an address, a message text or a secret."""

import logging
import re
import sys
import traceback
from collections.abc import Callable
from contextvars import ContextVar
from functools import partial
from pathlib import Path
from typing import Any

import structlog

from property_alert_notification.base.output import STDERR


def origin(error: BaseException) -> dict[str, str]:
    """An unforeseen error as fields of a log event: its kind and place. Its text may hold personal data."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    frames = traceback.extract_tb(error.__traceback__)
    places = [f"{Path(frame.filename).name}:{frame.lineno}" for frame in frames[-4:]]
    return {"error": type(error).__name__, "at": " > ".join(places)}


def _without_texts(_logger: Any, _name: str, event: Any) -> Any:
    """Where an exception was raised, without its text, which may hold data of a caller."""
    error = event.pop("exc_info", None)
    if error is True:
        error = sys.exc_info()
    if isinstance(error, tuple):
        error = error[1]
    return event | origin(error) if isinstance(error, BaseException) else event


_request_id: ContextVar[str | None] = ContextVar("request_id", default=None)


def log_with(request_id: str) -> None:
    """Name this request in every event from here on."""
    _request_id.set(request_id)


def _with_request(_logger: Any, _name: str, event: Any) -> Any:
    request_id = _request_id.get()
    return event if request_id is None else event | {"request_id": request_id}


_SHARED: list[Callable[..., Any]] = [
    _with_request,
    structlog.processors.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    _without_texts,
]

_AS_JSON: Any = structlog.processors.JSONRenderer()
_FOR_PEOPLE: Any = structlog.dev.ConsoleRenderer(colors=False)

# At INFO these repeat our own events, or print URLs that may contain tokens.
_SERVERS = ("uvicorn", "uvicorn.error", "uvicorn.access")
_QUIET = ("httpx2", "httpcore2", "aio_pika", "aiormq", "aiosqlite", "alembic", "asyncio", "watchfiles")


log = structlog.get_logger()


class Outage:
    """Logs once that a loop waits for an unavailable part, and once that it goes on."""

    def __init__(self, who: str) -> None:
        self._who = who
        self._cause: str | None = None

    def goes_on(self, cause: str) -> None:
        """The part is away, or still is."""
        if cause != self._cause:
            log.warning("part.waits", part=self._who, cause=cause)
        self._cause = cause

    def is_over(self) -> None:
        """The part answered."""
        if self._cause is not None:
            log.info("part.resumes", part=self._who)
        self._cause = None


_TOKEN = re.compile(r"(/(?:u|preferences)/)[\w-]{16,}")


def without_tokens(record: logging.LogRecord) -> bool:
    """Take the tokens out of the paths that uvicorn logs. Every record passes."""
    if isinstance(record.args, tuple):
        record.args = tuple(_TOKEN.sub(r"\1…", one) if isinstance(one, str) else one for one in record.args)
    return True


class _StandardError:
    """Queues lines: an unread log must not stop the service."""

    def msg(self, line: str) -> None:
        STDERR.put(line)

    debug = info = warning = error = exception = msg


class _QueueHandler(logging.Handler):
    """Queues what libraries log by the standard library."""

    def emit(self, record: logging.LogRecord) -> None:
        try:
            STDERR.put(self.format(record))
        except Exception:
            self.handleError(record)


def configure(*, level: str, as_json: bool) -> None:
    """Send all logs, the libraries' included, to standard error in one form."""
    number = logging.getLevelNamesMapping()[level.upper()]
    renderer = _AS_JSON if as_json else _FOR_PEOPLE
    structlog.configure(
        processors=[*_SHARED, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=lambda *_: _StandardError(),
        cache_logger_on_first_use=False,
    )
    STDERR.describe_lost = partial(_describe_lost, renderer)
    handler = _QueueHandler()
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=_SHARED,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    logging.root.handlers = [handler]
    # `uvicorn` and `fastapi dev` set these up before they import the application, and would print errors whole.
    for name in _SERVERS:
        server = logging.getLogger(name)
        server.handlers, server.propagate = [], True
    access = logging.getLogger("uvicorn.access")
    if without_tokens not in access.filters:
        access.addFilter(without_tokens)
    # Ours only: at DEBUG libraries print what they carry, and they carry personal data.
    logging.root.setLevel(max(number, logging.INFO))
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
    # It repeats `broker.lost` at every try to connect.
    logging.getLogger("aiormq.connection").setLevel(logging.CRITICAL)
    # aiosmtpd logs what its clients send, addresses included.
    logging.getLogger("mail.log").setLevel(logging.CRITICAL)


def _describe_lost(renderer: Any, count: int) -> str:
    """The event with the number of dropped lines, in the form of all others."""
    event: Any = {"event": "log.lines_lost", "lines": count}
    for processor in _SHARED:
        event = processor(None, "warning", event)
    return str(renderer(None, "warning", event))
