"""The step of scripts that adds consent records."""

from collections.abc import Collection

from sqlalchemy import FromClause, Insert, insert, select

from property_alert_notification.database import BatchStatement, Statement, columns_of, table_of
from property_alert_notification.people.consent.models import ConsentRecord

_records = table_of(ConsentRecord)
_COLUMNS = tuple(_records.c.keys())


def _insert(new: FromClause) -> Insert:
    return insert(_records).from_select(_COLUMNS, select(*new.c))


_ADD = BatchStatement(columns_of(_records, *_COLUMNS), _insert)


def add(records: Collection[ConsentRecord]) -> Statement:
    """Add records, any number of them in one statement."""
    return Statement(_ADD, [[getattr(record, name) for name in _COLUMNS] for record in records])
