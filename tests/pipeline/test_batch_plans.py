"""PostgreSQL looks up each row of a batch by an index, whatever its statistics say.

Statistics are taken in a store where nothing waits, or everything does, and a minute later the opposite is true. A
plan that reads all rows of an index and compares each with each of a batch is fast before that, and slow afterwards.
"""

import importlib
import json
import pkgutil
from collections.abc import AsyncIterator, Iterator
from types import ModuleType
from typing import Any

import asyncpg
import pytest
from asyncpg import Connection
from sqlalchemy.dialects.postgresql.asyncpg import dialect

import property_alert_notification as service
from property_alert_notification.database import BatchStatement
from property_alert_notification.database.statement_text import StatementText
from property_alert_notification.database.store import BY_INDEX

_EACH_WITH_EACH = {"property_alert_notification.events.scripts._INSERT_DELIVERIES"}
"""An event is compared with every webhook endpoint; there are few."""

_BATCH = 500
_ROWS = 100
_MANY = "UPDATE pg_class SET reltuples = reltuples * 10000 WHERE relnamespace = 'public'::regnamespace"
_COLUMNS = """
    SELECT column_name, data_type, is_nullable = 'YES' AS optional, column_default LIKE 'nextval%' AS by_itself
    FROM information_schema.columns WHERE table_name = $1
"""
_SQL_OF = {"character varying": "'x' || n", "text": "'x' || n", "uuid": "gen_random_uuid()", "boolean": "false"}
_SQL_OF |= {
    "timestamp with time zone": "now()",
    "date": "current_date",
    "double precision": "n",
    "bytea": "'x'::bytea",
    "json": "'{}'",
}
_SQL_OF |= dict.fromkeys(("integer", "bigint", "smallint"), "n")
_PARAMETERS = {"uuid": "gen_random_uuid()", "bool": "false", "timestamptz": "now()"}
_PARAMETERS |= dict.fromkeys(("varchar", "text", "bytea"), "'x'") | dict.fromkeys(
    ("int2", "int4", "int8", "float8"), "50"
)


def _statements() -> dict[str, BatchStatement]:
    """Every statement of the service that has a batch, by module and name."""
    found: dict[int, tuple[str, BatchStatement]] = {}
    for module in pkgutil.walk_packages(service.__path__, service.__name__ + "."):
        if not module.name.endswith((".__main__", ".main", ".migrations.env")):
            for name, statement in _statements_in(importlib.import_module(module.name)):
                found.setdefault(id(statement), (f"{module.name}.{name}", statement))
    return {name: statement for name, statement in found.values() if statement.columns}


def _statements_in(module: ModuleType) -> Iterator[tuple[str, BatchStatement]]:
    for name, value in vars(module).items():
        ours = type(value).__module__.startswith(service.__name__) and hasattr(value, "__dict__")
        inside = value if isinstance(value, dict) else vars(value) if ours else {}
        for key, one in {"": value, **inside}.items():
            if isinstance(one, BatchStatement):
                yield f"{name}.{key}".rstrip("."), one


@pytest.fixture(params=["nothing waits", "everything waits"])
async def known_store(request: pytest.FixtureRequest, migrated_postgres_url: str) -> AsyncIterator["Connection[Any]"]:
    """A connection to a large store, by its statistics, whose optional columns are all null, or none of them."""
    connection = await asyncpg.connect(migrated_postgres_url.replace("+asyncpg", ""), server_settings=BY_INDEX)
    await connection.execute("SET session_replication_role = replica")  # rows may refer to none
    for table in await connection.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'"):
        await _fill(connection, table["tablename"], everything=request.param == "everything waits")
    await connection.execute("ANALYZE")
    await connection.execute(
        "UPDATE pg_class SET reltuples = reltuples * 10000 WHERE relnamespace = 'public'::regnamespace"
    )
    yield connection
    await connection.close()


async def _fill(connection: "Connection[Any]", table: str, *, everything: bool) -> None:
    values = {
        column["column_name"]: _SQL_OF[column["data_type"]]
        for column in await connection.fetch(_COLUMNS, table)
        if (everything or not column["optional"]) and not column["by_itself"]
    }
    names, row = ", ".join(values), ", ".join(values.values())
    await connection.execute(f"INSERT INTO {table} ({names}) SELECT {row} FROM generate_series(1, {_ROWS}) n")


@pytest.mark.parametrize("plan", ["force_generic_plan", "force_custom_plan"])
async def test_each_row_of_a_batch_is_looked_up(known_store: "Connection[Any]", plan: str) -> None:
    await known_store.execute(f"SET plan_cache_mode = {plan}")
    statements = _statements()
    wrong = {}
    for name, statement in statements.items():
        found = await _plan(known_store, statement)
        if any(_compares_each_with_each(node) for node in _nodes(found)):
            wrong[name] = _indexes(found)

    assert len(statements) > 80
    assert {name: indexes for name, indexes in wrong.items() if name not in _EACH_WITH_EACH} == {}


async def _plan(connection: "Connection[Any]", statement: BatchStatement) -> dict[str, Any]:
    prepared = await connection.prepare(StatementText(statement.on_arrays(), dialect()).text)
    values = ", ".join(_parameter(kind) for kind in prepared.get_parameters())
    explained = f'EXPLAIN (FORMAT json) EXECUTE "{prepared.get_name()}"' + (f"({values})" if values else "")
    plan: dict[str, Any] = json.loads(await connection.fetchval(explained))[0]["Plan"]
    return plan


def _parameter(kind: asyncpg.Type) -> str:
    if kind.kind != "array":
        return _PARAMETERS[kind.name]
    name = kind.name.removesuffix("[]")
    return f"array_fill({_PARAMETERS[name]}::{name}, array[{_BATCH}])"


def _nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for part in plan.get("Plans", []):
        yield from _nodes(part)


def _compares_each_with_each(node: dict[str, Any]) -> bool:
    """Whether the whole batch is read for each row that another part of the plan finds."""
    return node["Node Type"] == "Nested Loop" and _reads_batch(node["Plans"][1])


def _reads_batch(plan: dict[str, Any]) -> bool:
    kind = plan["Node Type"]
    return kind == "Function Scan" or (not kind.startswith("Index") and any(map(_reads_batch, plan.get("Plans", []))))


def _indexes(plan: dict[str, Any]) -> list[str]:
    return [node["Index Name"] for node in _nodes(plan) if "Index Name" in node]
