"""The consent records of one user as a file: CSV (RFC 4180), or one JSON object per line."""

from collections.abc import AsyncIterator, Collection
from contextlib import aclosing
from datetime import datetime
from enum import StrEnum

from property_alert_notification.base import times
from property_alert_notification.base.csv_text import cell, lines_of
from property_alert_notification.database import Database
from property_alert_notification.people.consent import queries
from property_alert_notification.people.consent.models import ConsentRecord
from property_alert_notification.people.consent.schemas import ConsentPublic, public

COLUMNS = tuple(ConsentPublic.model_fields)


class ExportFormat(StrEnum):
    """The kind of file."""

    CSV = "csv"
    NDJSON = "ndjson"


async def export(database: Database, subjects: Collection[str], form: ExportFormat) -> AsyncIterator[str]:
    """The parts of the file, the newest record first."""
    if form is ExportFormat.CSV:
        yield lines_of([list(COLUMNS)])
    async with aclosing(queries.pages(database, subjects)) as found:
        async for page in found:
            yield lines_of([_row(one) for one in page]) if form is ExportFormat.CSV else _as_json_lines(page)


def _as_json_lines(page: Collection[ConsentRecord]) -> str:
    return "".join(f"{public(one).model_dump_json()}\n" for one in page)


def _row(record: ConsentRecord) -> list[str]:
    values = public(record).model_dump().values()
    return [times.in_words(one) if isinstance(one, datetime) else cell(str(one or "")) for one in values]
