"""What every test may ask for: real servers, started when the first test wants them, on a machine without habits.

Ask for an address (`postgres_url`, `migrated_postgres_url`, `rabbitmq_url`) where that is enough: it leads to the
server that all tests of the run share. Ask for the server itself (`postgres`, `rabbitmq`) only to stop, kill, freeze
or reconfigure it: it is one of this worker's own, and the addresses then lead to it.
"""

import functools
import gc
import importlib
import os
import pkgutil
import shutil
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
import structlog
from hypothesis import settings
from playwright.async_api import Browser, Page, expect

from property_alert_notification import channels
from property_alert_notification.base import output
from property_alert_notification.base.settings import SettingsGroup, variable_name
from tests.costs import Costs
from tests.fuzz.budget import PHASES
from tests.services.browser import open_browser
from tests.services.compiled import share_compiled
from tests.services.migrate import migrate
from tests.services.postgres import Postgres
from tests.services.prepared import ACCOUNT, WISH, Forge
from tests.services.process import PATIENCE
from tests.services.rabbitmq import RabbitMQ
from tests.services.shared import Keeper, Kept, Servers, SharedServers
from tests.services.smtp import SmtpServer

pytest_plugins = ["tests.failures", "tests.order"]

# The same examples in every run, however slow the machine; new ones are what `make fuzz` is for.
settings.register_profile(
    "always the same", deadline=None, derandomize="FUZZ_EXAMPLES" not in os.environ, phases=PHASES
)
settings.load_profile("always the same")

_KEEPER = pytest.StashKey[Keeper]()
_FORGE = pytest.StashKey[Forge]()
NOT_RUN = ("skipped", "xfailed", "xpassed")


@pytest.fixture(autouse=True)
def _logs_as_at_first() -> Iterator[None]:
    """What a test's application sets, such as a level of logs, ends with the test."""
    yield
    structlog.reset_defaults()


@pytest.fixture(scope="session")
def servers(request: pytest.FixtureRequest) -> Iterator[Servers]:
    """The servers that all workers of this run share."""
    worker = getattr(request.config, "workerinput", None)
    servers = SharedServers() if worker is None else Kept(worker["servers"])
    yield servers
    servers.close()


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A server that only the tests of this worker use, for those that hurt it."""
    with Postgres() as server:
        yield server


@pytest.fixture
def postgres_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """The address of an empty database that only this test uses."""
    if _asks_for(request, "postgres"):
        server: Postgres = request.getfixturevalue("postgres")
        url = server.create_database()
        yield url
        server.drop_database(url)
        return
    servers: Servers = request.getfixturevalue("servers")
    url = servers.empty_database()
    yield url
    servers.drop_database(url)


@pytest.fixture
def migrated_postgres_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """The same with the newest schema, which is copied and not made again."""
    if _asks_for(request, "postgres"):
        url: str = request.getfixturevalue("postgres_url")
        migrate(url)
        yield url
        return
    servers: Servers = request.getfixturevalue("servers")
    url = servers.migrated_database()
    yield url
    servers.drop_database(url)


@pytest.fixture(scope="session")
def migrated_sqlite(servers: Servers) -> Callable[[Path], str]:
    """Makes a SQLite file with the newest schema at a path, and returns its address."""

    def make(path: Path) -> str:
        shutil.copy(servers.migrated_file(), path)
        return f"sqlite:///{path}"

    return make


@pytest.fixture
def migrated_sqlite_url(tmp_path: Path, migrated_sqlite: Callable[[Path], str]) -> str:
    """The address of such a file, which a command in the folder of the test finds without settings."""
    return migrated_sqlite(tmp_path / "app.db")


@pytest.fixture(scope="session")
def rabbitmq() -> Iterator[RabbitMQ]:
    """A node that only the tests of this worker use, for those that hurt it."""
    with RabbitMQ() as node:
        yield node


@pytest.fixture
def rabbitmq_url(request: pytest.FixtureRequest) -> str:
    """The address of a node; tests keep apart by the names of their queues."""
    if _asks_for(request, "rabbitmq"):
        node: RabbitMQ = request.getfixturevalue("rabbitmq")
        return node.url
    servers: Servers = request.getfixturevalue("servers")
    return servers.rabbitmq_url()


def _asks_for(request: pytest.FixtureRequest, server: str) -> bool:
    """Whether this test, or a fixture that it names, wants the server itself."""
    return server in request.fixturenames


@pytest.fixture(scope="session")
def _smtp_server() -> Iterator[SmtpServer]:
    with SmtpServer() as server:
        yield server


@pytest.fixture
def smtp_server(_smtp_server: SmtpServer) -> SmtpServer:
    """A server that takes every mail and has none yet."""
    _smtp_server.clear()
    return _smtp_server


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def browser(servers: Servers) -> AsyncIterator[Browser]:
    """The browser that all tests share, through one driver for each file: a driver takes half a second to start."""
    expect.set_options(timeout=PATIENCE * 1000)
    async with open_browser(servers.browser_address()) as browser:
        yield browser


@pytest_asyncio.fixture(loop_scope="session")
async def page(browser: Browser) -> AsyncIterator[Page]:
    """A window that remembers nothing of others; for tests in the event loop of the session, as the driver is."""
    context = await browser.new_context()
    context.set_default_timeout(PATIENCE * 1000)
    yield await context.new_page()
    await context.close()


@pytest.fixture(scope="session")
def _empty_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where tests run that ask for no folder: thousands of folders take seconds to make, and again to delete."""
    return tmp_path_factory.mktemp("empty")


@pytest.fixture(autouse=True)
def _no_habits_of_this_machine(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, _empty_folder: Path
) -> Iterator[None]:
    """Every test starts without our settings in the environment, and in an empty folder, where no `.env` is read."""
    for name in set(os.environ) & setting_names():
        monkeypatch.delenv(name)
    monkeypatch.chdir(request.getfixturevalue("tmp_path") if _asks_for(request, "tmp_path") else _empty_folder)
    yield
    if any(_empty_folder.iterdir()):
        shutil.rmtree(_empty_folder)
        _empty_folder.mkdir()


@functools.cache
def setting_names() -> set[str]:
    """Every variable that some group of settings reads, in capitals and not."""
    for module in pkgutil.iter_modules(channels.__path__, f"{channels.__name__}."):
        importlib.import_module(module.name)
    names = {variable_name(group, field) for group in _groups(SettingsGroup) for field in group.model_fields}
    return names | {name.lower() for name in names}


def _groups(group: type[SettingsGroup]) -> Iterator[type[SettingsGroup]]:
    yield group
    for kind in group.__subclasses__():
        yield from _groups(kind)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--dearest", type=int, default=0, help="list so many tests that cost the most CPU seconds")


def pytest_configure(config: pytest.Config) -> None:
    """Count what tests cost, and let what they start begin at once, forked off one process in the whole run."""
    gc.set_threshold(50_000, 20, 100)  # as our own processes: by default a quarter of a test's time goes into searches
    share_compiled()
    os.environ[ACCOUNT] = str(os.getpid())
    if not hasattr(config, "workerinput"):
        forge = config.stash[_FORGE] = Forge()
        os.environ[WISH] = forge.address
    config.pluginmanager.register(Costs(dearest=config.getoption("dearest")), "costs")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_finish() -> None:
    """Search for garbage only among what tests make, and not again and again in what was imported and collected."""
    gc.collect()
    gc.freeze()


@pytest.hookimpl(wrapper=True, trylast=True)
def pytest_runtest_setup() -> Iterator[None]:
    """A thread writes the lines of the log: wait for it, so that pytest captures them as those of this test."""
    try:
        yield
    finally:
        output.flush(within=PATIENCE)


pytest_runtest_call = pytest_runtest_teardown = pytest_runtest_setup


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Keep the servers that workers share, and pass their address to new workers."""
    if _KEEPER not in node.config.stash:
        node.config.stash[_KEEPER] = Keeper()
    node.workerinput["servers"] = node.config.stash[_KEEPER].address


@pytest.hookimpl(trylast=True)
def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop the shared servers, and end with what each suite cost."""
    costs = config.pluginmanager.get_plugin("costs")
    keeper = config.stash.get(_KEEPER, None)
    if costs is None or hasattr(config, "workerinput"):
        return
    config.stash[_FORGE].close()
    if keeper is not None:
        keeper.close()
    for line in costs.table(keeper.servers.costs if keeper is not None else {}):
        config.get_terminal_writer().line(line)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """A test that did not run proves nothing, so it fails the run."""
    if session.exitstatus == pytest.ExitCode.OK and _not_run(session.config):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Say why such a run failed."""
    if count := _not_run(config):
        terminalreporter.write_line(f"{count} tests were skipped or expected to fail: nothing here may be.", red=True)


def _not_run(config: pytest.Config) -> int:
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    return sum(len(reporter.stats.get(outcome, ())) for outcome in NOT_RUN) if reporter else 0
