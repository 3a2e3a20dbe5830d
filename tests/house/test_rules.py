"""The rules of the house, read off the source."""

import ast
import functools
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import property_alert_notification
from property_alert_notification.database.migrations.tables import METADATA

PACKAGE = Path(property_alert_notification.__file__).parent
SOURCES = sorted(PACKAGE.rglob("*.py"))
ROOT = Path(__file__).parents[2]

SQL_ROOMS = {
    "queries.py",
    "scripts.py",
    "models.py",
    "queues.py",
    "leases.py",
    "lists.py",
    "list_paths.py",
    "unclaimable.py",
    "moves.py",
}
STATEMENTS = {("sqlalchemy", word) for word in ("select", "insert", "update", "delete", "text", "union_all", "func")}
SCRIPTS = {
    ("property_alert_notification.database", word)
    for word in ("Script", "Statement", "StatementBatch", "StatementGroup")
}
HOT_TRANSACTIONS = {
    "notifications/acceptance.py",
    "notifications/create.py",
    "notification_worker/caps.py",
    "notification_worker/claim.py",
    "notification_worker/earlier_attempts.py",
    "notification_worker/footers.py",
    "notification_worker/settlement.py",
    "digests/close.py",
    "feedback/reports/apply.py",
    "feedback/reports/suppress.py",
    "api/idempotency/calls.py",
    "api/idempotency/once.py",
    "homes/saved_searches/answers.py",
    "homes/saved_searches/changes.py",
    "homes/saved_searches/routes.py",
}
BARE_CLOCKS = {"datetime.now", "datetime.utcnow", "time.time", "time.monotonic", "uuid.uuid4", "uuid4", "date.today"}
ENVIRONMENT = {"os.environ", "os.getenv", "environ", "getenv"}


@pytest.fixture(scope="module", autouse=True)
def _no_tree_outlives_the_tests_here() -> Iterator[None]:
    """All of them together take a hundred megabytes."""
    yield
    _tree.cache_clear()


@functools.cache
def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


@functools.cache
def _names(path: Path) -> frozenset[str]:
    """Every name in a file, and every name with what comes after its dots."""
    return frozenset(ast.unparse(node) for node in ast.walk(_tree(path)) if isinstance(node, ast.Attribute | ast.Name))


def _imports(path: Path) -> Iterator[tuple[str, str]]:
    for node in ast.walk(_tree(path)):
        if isinstance(node, ast.ImportFrom) and node.module:
            yield from ((node.module, alias.name) for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from ((alias.name, "") for alias in node.names)


def _modules(path: Path) -> set[str]:
    return {module for module, _ in _imports(path)}


def _label(path: Path) -> str:
    return str(path.relative_to(PACKAGE))


def test_sql_lives_in_its_rooms() -> None:
    """And in the folder `database`; migrations are SQL."""
    elsewhere = [
        path
        for path in SOURCES
        if path.name not in SQL_ROOMS and path.parent.name != "database" and "migrations" not in path.parts
    ]

    assert [_label(path) for path in elsewhere if STATEMENTS & set(_imports(path))] == []


def test_only_hot_transactions_are_scripts() -> None:
    """All other statements are executed by plain `async` functions on a connection, and no module has both."""
    found = {_label(path) for path in SOURCES if path.parent.name != "database" and SCRIPTS & set(_imports(path))}

    assert {name for name in found if not name.endswith("/scripts.py")} == HOT_TRANSACTIONS
    in_both_ways = [
        _label(path)
        for path in SOURCES
        if path.name == "scripts.py" and any(isinstance(node, ast.AsyncFunctionDef) for node in ast.walk(_tree(path)))
    ]
    assert in_both_ways == []


def _private_names(path: Path) -> list[str]:
    """Names of SQLAlchemy that it keeps for itself, imported or asked for by a string."""
    imported = [name for module, name in _imports(path) if f"{module}.{name}".startswith(("sqlalchemy.", "sqlmodel."))]
    asked = [
        call.args[1].value
        for call in ast.walk(_tree(path))
        if isinstance(call, ast.Call)
        and ast.unparse(call.func) in ("getattr", "setattr", "hasattr")
        and isinstance(call.args[1], ast.Constant)
    ]
    lines = path.read_text(encoding="utf-8").splitlines() if _touches_sqlalchemy(path) else []
    ignored = [line.strip() for line in lines if "noqa: SLF001" in line]
    return [
        name for name in (*imported, *map(str, asked)) if name.startswith("_") and not name.endswith("__")
    ] + ignored


def _touches_sqlalchemy(path: Path) -> bool:
    return any(module.split(".")[0] in ("sqlalchemy", "sqlmodel") for module, _ in _imports(path))


def test_a_private_name_of_sqlalchemy_is_found(tmp_path: Path) -> None:
    (tmp_path / "module.py").write_text(
        "from sqlalchemy import _typing\nfrom sqlalchemy.sql import select\ngetattr(select, '_where', None)\n"
        "select._limit  # noqa: SLF001\ngetattr(select, '__doc__')\n"
    )

    assert _private_names(tmp_path / "module.py") == ["_typing", "_where", "select._limit  # noqa: SLF001"]


def test_no_private_name_of_sqlalchemy_is_used() -> None:
    """ruff finds `a._b`; what remains is what hides from it."""
    assert {_label(path): names for path in SOURCES if (names := _private_names(path))} == {}


def test_time_ids_and_randomness_come_from_the_clock() -> None:
    others = [path for path in SOURCES if _label(path) != "base/clock.py"]

    assert [_label(path) for path in others if _names(path) & BARE_CLOCKS] == []
    assert [_label(path) for path in others if _modules(path) & {"random", "secrets"}] == []


def test_the_environment_is_read_in_the_settings() -> None:
    others = [path for path in SOURCES if _label(path) != "base/settings/reading.py"]

    assert [_label(path) for path in others if _names(path) & ENVIRONMENT] == []


def test_every_module_has_a_docstring() -> None:
    assert [_label(path) for path in SOURCES if not (ast.get_docstring(_tree(path)) or "").strip()] == []


def test_no_file_or_folder_is_named_after_nothing() -> None:
    vague = {"utils", "helpers", "manager", "common", "misc", "base_service"}

    assert not [_label(path) for path in SOURCES if vague & set(path.with_suffix("").parts)]


LONGEST_FILE, LONGEST_FUNCTION = 300, 50


def test_no_file_is_long() -> None:
    files = [path for path in PACKAGE.rglob("*") if path.suffix in {".py", ".js", ".css", ".html"}]
    long = {_label(path) for path in files if len(path.read_text(encoding="utf-8").splitlines()) > LONGEST_FILE}

    assert long == set()


def _long_functions(path: Path) -> list[str]:
    functions = [node for node in ast.walk(_tree(path)) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    return [one.name for one in functions if (one.end_lineno or 0) - one.lineno >= LONGEST_FUNCTION]


def test_no_function_is_long() -> None:
    assert {_label(path): names for path in SOURCES if (names := _long_functions(path))} == {}


def test_a_long_function_is_found(tmp_path: Path) -> None:
    (tmp_path / "module.py").write_text("def short():\n" + "  pass\n" * 49 + "def long():\n" + "  pass\n" * 50)

    assert _long_functions(tmp_path / "module.py") == ["long"]


def test_no_sibling_of_the_worker_script_hides_a_standard_module() -> None:
    siblings = {path.stem for path in (PACKAGE / "notification_worker").glob("*.py")}

    assert not siblings & set(sys.stdlib_module_names)


def test_the_worker_script_keeps_no_state_at_module_level() -> None:
    worker = _tree(PACKAGE / "notification_worker" / "worker.py")
    assigned = [ast.unparse(node) for node in worker.body if isinstance(node, ast.Assign | ast.AnnAssign)]

    assert assigned == ["log = structlog.get_logger()"]


def test_the_layers_follow_the_journey() -> None:
    command = [Path(sys.executable).with_name("lint-imports"), "--no-cache"]
    checked = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    assert checked.returncode == 0, checked.stdout


def _endless_loops(path: Path) -> list[str]:
    """Functions with a `while True` (or one that depends on nothing) that neither returns nor breaks by itself."""
    found = []
    for function in ast.walk(_tree(path)):
        if not isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        loops = [node for node in _own(function) if isinstance(node, ast.While) and isinstance(node.test, ast.Constant)]
        found += [function.name for loop in loops if not any(isinstance(n, ast.Return | ast.Break) for n in _own(loop))]
    return found


def _own(node: ast.AST) -> Iterator[ast.AST]:
    """All that is in it, but for functions within it."""
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            yield child
            yield from _own(child)


def test_an_endless_loop_is_found(tmp_path: Path) -> None:
    source = "async def polls():\n  while True:\n    await ask()\ndef tries():\n  while True:\n    return 1\n"
    (tmp_path / "module.py").write_text(source)

    assert _endless_loops(tmp_path / "module.py") == ["polls"]


def test_every_endless_loop_runs_under_the_supervisor() -> None:
    found = {_label(path): loops for path in SOURCES if (loops := _endless_loops(path))}

    # A script is driven until it ends, which is an exception. The thread that writes a stream needs no event loop.
    assert found == {"base/output.py": ["_run"], "base/supervise.py": ["repeat"], "database/script.py": ["drive"]}


def test_tasks_are_begun_in_few_places() -> None:
    """Each ends by itself, and the code that began it handles its result; every endless loop begins by `start`."""
    beginners = [_label(path) for path in SOURCES if {"asyncio.create_task", "asyncio.ensure_future"} & _names(path)]

    assert beginners == [
        "api/access/single_flight.py",
        "api/beside.py",
        "base/bounded_calls.py",
        "base/supervise.py",
        "channels/smtp/pool.py",
        "database/group_commit.py",
        "database/outliving.py",
        "feedback/webhooks/sending/batch.py",
        "feedback/webhooks/sending/connections.py",
        "feedback/webhooks/sending/dispatcher.py",
        "homes/alerts/batches.py",
        "homes/feeds/lease.py",
        "notification_worker/shutdown.py",
        "people/directory/look_up.py",
    ]


def _left_open(path: Path) -> list[int]:
    """Lines that connect to SQLite other than by `closing(…)`: a connection's own `with` does not close it."""
    calls = [node for node in ast.walk(_tree(path)) if isinstance(node, ast.Call)]
    closed = {id(argument) for call in calls if ast.unparse(call.func).endswith("closing") for argument in call.args}
    opened = ("sqlite3.connect", "sqlite3.dbapi2.connect", "sqlite3.Connection")
    return sorted(call.lineno for call in calls if ast.unparse(call.func) in opened and id(call) not in closed)


def test_a_connection_to_sqlite_that_stays_open_is_found(tmp_path: Path) -> None:
    (tmp_path / "module.py").write_text(
        "with sqlite3.connect(a) as one: pass\nwith closing(sqlite3.connect(a)) as two, two: pass\n"
        "three = sqlite3.connect(a)\nthree.close()\nwith contextlib.closing(sqlite3.connect(a)): pass\n"
    )

    assert _left_open(tmp_path / "module.py") == [1, 3]


def test_connections_to_sqlite_are_closed_where_they_are_opened() -> None:
    """Python 3.13 warns of those that are not, in whatever test the collector runs."""
    folders = ("src", "tests", "chaos", "benchmarks")
    files = [
        file
        for folder in folders
        for file in sorted((ROOT / folder).rglob("*.py"))
        if "sqlite3" in file.read_text(encoding="utf-8")
    ]
    found = {str(file.relative_to(ROOT)): lines for file in files if (lines := _left_open(file))}
    by_its_name = {str(file.relative_to(ROOT)) for file in files for name, what in _imports(file)
                   if name.startswith("sqlite3") and what in {"connect", "Connection"}}  # fmt: skip

    # The store keeps its connections, and closes them when it ends.
    assert list(found) == ["src/property_alert_notification/database/sqlite_connections.py"]
    assert by_its_name == set()


def test_a_log_event_is_a_noun_and_a_verb() -> None:
    events = [
        event
        for path in SOURCES
        for event in re.findall(
            r"\blog\.(?:debug|info|warning|error|exception)\(\s*\"([^\"]+)\"", path.read_text(encoding="utf-8")
        )
    ]

    assert events
    assert [event for event in events if not re.fullmatch(r"[a-z_]+\.[a-z_]+", event)] == []


@pytest.mark.parametrize("script", ["lint-api", "verify-webhooks"])
def test_linters_that_cannot_run_are_no_success(script: str, tmp_path: Path) -> None:
    (tmp_path / "dirname").symlink_to("/usr/bin/dirname")
    done = subprocess.run(
        ["/bin/sh", ROOT / "scripts" / script],
        env={"PATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 1
    assert "not run, since npm is not on this machine" in done.stderr


def test_nothing_compares_a_reasons_sentence() -> None:
    """Sentences are for people, and their wording may change: statements, counters and conditions compare codes."""
    compared = [
        f"{_label(path)}:{part.lineno}"
        for path in SOURCES
        for part in ast.walk(_tree(path))
        if isinstance(part, ast.Compare) and any(_is_sentence(side) for side in (part.left, *part.comparators))
    ]
    columns = [f"{table.name}.{column.name}" for table in METADATA.tables.values() for column in table.columns]

    assert not compared
    assert [name for name in columns if name.endswith(".reason")] == ["breakers.reason"]


def _is_sentence(side: ast.expr) -> bool:
    words = ast.unparse(side)
    return bool(re.search(r"\.sentence\(|\.c\.reason$|^SENTENCES\b", words))
