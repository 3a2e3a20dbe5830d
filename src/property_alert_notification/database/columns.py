"""Tables and the types of their columns, the same on every store."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import DateTime, Index, String, Table, Text, text
from sqlalchemy.types import TypeDecorator, TypeEngine
from sqlmodel import AutoString, SQLModel

from property_alert_notification.database.sqlite_values import read_time, stored

Model = TypeVar("Model", bound=SQLModel)

# Named, so that a migration can drop what an earlier one made.
SQLModel.metadata.naming_convention = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class _SqliteTime(TypeDecorator[datetime]):
    """RFC 3339 in UTC with microseconds: sorts as text, and a person can read it."""

    impl = String(32)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Any) -> str | None:
        text: str | None = stored(value)
        return text

    def process_result_value(self, value: str | None, dialect: Any) -> datetime | None:
        return None if value is None else read_time(value)


def time_type() -> TypeEngine[datetime]:
    """The column type of every instant: aware, in UTC."""
    return DateTime(timezone=True).with_variant(_SqliteTime(), "sqlite")


def partial_index(name: str, *columns: str, where: str) -> Index:
    """An index of the rows for which `where` is true; a query must contain exactly this text for it to be used."""
    return Index(name, *columns, sqlite_where=text(where), postgresql_where=text(where))


def table_of(model: type[SQLModel]) -> Table:
    """The table behind a model, for statements that work on many rows."""
    return model.__table__  # type: ignore[attr-defined, no-any-return]


def models_from(model: type[Model], rows: Iterable[Sequence[Any]]) -> list[Model]:
    """The rows of a statement that reads every column of a model's table, as that model."""
    names = table_of(model).c.keys()
    return [model(**dict(zip(names, row, strict=True))) for row in rows]


def columns_of(table: Table, *names: str) -> dict[str, TypeEngine[Any]]:
    """Name and type of the named columns, as a BatchStatement wants them.

    Text has no length here: a cast to varchar(n) would cut a longer value without a word.
    """
    return {name: Text() if isinstance(kind := table.c[name].type, String | AutoString) else kind for name in names}
