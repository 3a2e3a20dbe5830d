"""What every test may ask for: real servers, started when the first test wants them, on a machine without habits."""

import functools
import importlib
import os
import pkgutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from playwright.async_api import Page

from property_alert_notification import channels
from property_alert_notification.settings import SettingsGroup, variable_name
from tests.services.browser import open_browser
from tests.services.postgres import Postgres
from tests.services.rabbitmq import RabbitMQ
from tests.services.smtp import SmtpServer

NOT_RUN = ("skipped", "xfailed", "xpassed")


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """One server for the whole run; ask it for databases, or ask for `postgres_url`."""
    with Postgres() as server:
        yield server


@pytest.fixture
def postgres_url(postgres: Postgres) -> Iterator[str]:
    """The address of an empty database that only this test uses."""
    url = postgres.create_database()
    yield url
    postgres.drop_database(url)


@pytest.fixture(scope="session")
def rabbitmq() -> Iterator[RabbitMQ]:
    """One node for the whole run; tests keep apart by the names of their queues."""
    with RabbitMQ() as node:
        yield node


@pytest.fixture(scope="session")
def _smtp_server() -> Iterator[SmtpServer]:
    with SmtpServer() as server:
        yield server


@pytest.fixture
def smtp_server(_smtp_server: SmtpServer) -> SmtpServer:
    """A server that takes every mail and has none yet."""
    _smtp_server.clear()
    return _smtp_server


@pytest.fixture
async def page() -> AsyncIterator[Page]:
    """A page of a fresh browser, which lives in the event loop of its test."""
    async with open_browser() as browser:
        page = await browser.new_page()
        yield page
        await page.close()


@pytest.fixture(autouse=True)
def _no_habits_of_this_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Every test starts without our settings in the environment, and in an empty folder, where no `.env` is read."""
    for name in set(os.environ) & setting_names():
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


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
