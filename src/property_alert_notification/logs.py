"""Structured logs: events with ids, never an address, a message text or a secret."""

import logging
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import structlog

_SHARED: list[Callable[..., Any]] = [
    structlog.contextvars.merge_contextvars,
    structlog.processors.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]

# Tracebacks without local variables: those hold addresses and texts.
_AS_JSON: list[Any] = [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
_FOR_PEOPLE: list[Any] = [
    structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback)
]

# These say at INFO what is ours to say, or print URLs that may carry tokens.
_QUIET = ("httpx2", "httpcore2", "aio_pika", "aiormq", "aiosqlite", "alembic", "asyncio")


class _StandardError:
    """Prints lines. A log that nobody can take any more must not stop the service."""

    def msg(self, line: str) -> None:
        with suppress(OSError, ValueError):
            sys.stderr.write(f"{line}\n")
            sys.stderr.flush()

    debug = info = warning = error = exception = msg


def configure(*, level: str, as_json: bool) -> None:
    """Send all logs, the libraries' included, to standard error in one form."""
    number = logging.getLevelNamesMapping()[level.upper()]
    renderers = _AS_JSON if as_json else _FOR_PEOPLE
    structlog.configure(
        processors=[*_SHARED, *renderers],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=lambda *_: _StandardError(),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=_SHARED,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *renderers],
        )
    )
    logging.root.handlers = [handler]
    # Ours only: at DEBUG libraries print what they carry, and they carry personal data.
    logging.root.setLevel(max(number, logging.INFO))
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
    # It repeats at every try to connect what `broker.lost` says once.
    logging.getLogger("aiormq.connection").setLevel(logging.CRITICAL)
