"""SQLite keeps a value the same way, whichever way its statement is executed."""

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.dialects import sqlite
from sqlalchemy.types import TypeEngine, Uuid

from property_alert_notification.base.vocabulary import DeliveryState
from property_alert_notification.database import read_time, time_type
from property_alert_notification.database.sqlite_values import document, read_id, stored

ID = UUID("019aa5c4-52c1-7c63-b0b5-95ecb5d8a1f0")
NOON = datetime(2026, 11, 29, 12, 0, 0, 5, tzinfo=UTC)

STORED: list[tuple[Any, Any]] = [
    (ID, "019aa5c452c17c63b0b595ecb5d8a1f0"),
    (NOON, "2026-11-29T12:00:00.000005+00:00"),
    (NOON.astimezone(timezone(timedelta(hours=5))), "2026-11-29T12:00:00.000005+00:00"),
    (DeliveryState.SENT, "sent"),
    (True, 1),
    (7, 7),
    ("Ä", "Ä"),
    (None, None),
]


@pytest.mark.parametrize(("value", "kept"), STORED)
def test_a_value_by_itself_and_in_a_batch(value: Any, kept: Any) -> None:
    assert stored(value) == kept
    assert type(stored(value)) is type(kept)
    assert json.loads(document([[value]])) == [[kept]]


def test_rows_that_a_statement_found_are_a_batch() -> None:
    engine = create_engine("sqlite://")
    with engine.connect() as connection:
        found = connection.execute(text("SELECT 1, 'one' UNION SELECT 2, 'two'")).all()
    engine.dispose()

    assert json.loads(document(found)) == [[1, "one"], [2, "two"]]


@pytest.mark.parametrize(("value", "kind"), [(ID, Uuid()), (NOON, time_type()), (None, time_type())])
def test_a_column_keeps_it_as_a_script_does(value: Any, kind: TypeEngine[Any]) -> None:
    dialect = sqlite.dialect()
    bind = kind.dialect_impl(dialect).bind_processor(dialect)
    read = kind.dialect_impl(dialect).result_processor(dialect, None)

    assert bind is not None
    assert read is not None
    assert bind(value) == stored(value)
    assert read(stored(value)) == value


def test_an_id_is_read_as_the_drivers_read_it() -> None:
    found = read_id(ID.hex)

    assert found == ID
    assert {found: 1}[ID] == 1
    assert stored(found) == ID.hex
    assert isinstance(found, UUID)
    assert read_id(None) is None
    for damaged in (ID.hex[:-1], f"0x{ID.hex[2:]}", "", ID.bytes, 7):
        with pytest.raises((ValueError, TypeError)):
            read_id(damaged)


def test_a_time_that_another_program_wrote() -> None:
    assert read_time("2026-11-29 12:00:00.000005") == NOON
    for nothing in ("noon", ""):
        with pytest.raises(ValueError, match="isoformat"):
            read_time(nothing)
