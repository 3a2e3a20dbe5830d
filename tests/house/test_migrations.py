"""Every migration can run beside processes that go on, and can be repeated after it was interrupted."""

import ast
from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import Connection, create_engine, inspect

from property_alert_notification.database import migrations
from property_alert_notification.database.migrations.change import config_for

VERSIONS = sorted((Path(migrations.__file__).parent / "versions").glob("*.py"))

IN_PLACE_OF = {
    "create_index": "safely.create_index",
    "drop_index": "safely.drop_index",
    "add_column": "safely.add_column",
    "drop_column": "safely.drop_column",
    "alter_column": "safely.rename_column",
    "create_foreign_key": "a foreign key in a new table: to add one later reads the whole table under a lock",
    "create_unique_constraint": "a unique constraint in a new table: to add one later builds its index under a lock",
    "create_check_constraint": "a check in a new table: to add one later reads the whole table under a lock",
}


def test_revisions_are_one_line_in_the_order_of_their_files() -> None:
    assert migrations.revisions() == [path.stem[:4] for path in VERSIONS]


@pytest.mark.parametrize("path", VERSIONS, ids=lambda path: path.stem)
def test_tables_that_exist_are_changed_safely(path: Path) -> None:
    calls = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)]
    new = {_argument(call, 0) for call in calls if ast.unparse(call.func) == "op.create_table"}

    wrong = [
        f"line {call.lineno}: {IN_PLACE_OF[name]}"
        for call in calls
        if (name := ast.unparse(call.func).removeprefix("op.")) in IN_PLACE_OF
        and _table_of(call, name) not in new
        and path.stem[:4] != "0001"  # before it there is no table
    ]

    assert not wrong


NOT_BESIDE_THE_VERSION_BEFORE = {"0010", "0011", "0042", "0052", "0054", "0055"}
"""Migrations before which the older processes are stopped: these may drop columns."""


def test_a_migration_keeps_what_the_version_before_it_inserts() -> None:
    engine = create_engine("sqlite://")
    with engine.begin() as connection:
        before: dict[str, set[str]] = {}
        for revision in migrations.revisions():
            command.upgrade(config_for(connection), revision)
            after = _columns(connection)
            for table, names in before.items():
                if revision in NOT_BESIDE_THE_VERSION_BEFORE:
                    continue
                assert names <= after[table].keys(), f"{revision} drops a column of {table}"
                unknown = {name for name, is_optional in after[table].items() if name not in names and not is_optional}
                assert not unknown, f"{revision} adds a column to {table} that is neither null nor has a default"
            before = {table: set(names) for table, names in after.items()}
    engine.dispose()


def _columns(connection: Connection) -> dict[str, dict[str, bool]]:
    """The columns of each table, and whether an insert may leave them out."""
    inspector = inspect(connection)
    return {
        table: {
            column["name"]: column["nullable"] or column["default"] is not None
            for column in inspector.get_columns(table)
        }
        for table in inspector.get_table_names()
    }


def _table_of(call: ast.Call, name: str) -> str:
    """The table that an operation changes, by its place among the arguments."""
    return _argument(call, 0 if name in ("add_column", "drop_column") else 1)


def _argument(call: ast.Call, place: int) -> str:
    return ast.unparse(call.args[place]) if len(call.args) > place else ""
