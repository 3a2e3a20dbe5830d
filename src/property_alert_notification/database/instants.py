"""Instants as PostgreSQL's driver sends and reads them: always aware, in UTC.

By itself the driver reads `infinity` as a time without a zone, which nothing here can compare with any other, and fails
for the 285,000 years that PostgreSQL knows and Python does not. Here both are the first or last moment that Python can
express.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg

_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
"""PostgreSQL counts microseconds from here."""

_MICROSECOND = timedelta(microseconds=1)
_FIRST = (datetime.min.replace(tzinfo=UTC) - _EPOCH) // _MICROSECOND
_LAST = (datetime.max.replace(tzinfo=UTC) - _EPOCH) // _MICROSECOND


async def read_aware(connection: "asyncpg.Connection[Any]") -> None:
    """Have a connection read and send instants this way."""
    await connection.set_type_codec("timestamptz", schema="pg_catalog", encoder=encode, decoder=decode, format="tuple")


def encode(instant: datetime) -> tuple[int]:
    """An aware instant as PostgreSQL counts; the ends of time are finite, unlike by the driver itself."""
    since = instant - _EPOCH
    return ((since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds,)


def decode(counted: tuple[int]) -> datetime:
    """The instant that PostgreSQL counted, or the nearest that Python can express."""
    return _EPOCH + timedelta(microseconds=min(max(counted[0], _FIRST), _LAST))
