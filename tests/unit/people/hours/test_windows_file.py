"""The file that LEGAL_WINDOWS_FILE names: read at start, and followed."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from property_alert_notification.base.errors import ConfigurationError
from property_alert_notification.base.metrics import Metrics
from property_alert_notification.base.settings import Settings
from property_alert_notification.base.supervise import Supervisor
from property_alert_notification.base.vocabulary import CategoryKind, Channel
from property_alert_notification.people.categories.rules import BUILT_IN
from property_alert_notification.people.decide import Message, decide
from property_alert_notification.people.decisions import Hold, Send
from property_alert_notification.people.hours import current, legal
from property_alert_notification.people.hours.windows_file import WindowsWatch, configured_windows, hours_of
from property_alert_notification.people.person import Person
from property_alert_notification.people.preferences.rules import PersonalRules, Preferences
from property_alert_notification.preflight import check_together

SMS = Channel("sms")
NOON = datetime(2026, 11, 30, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _built_in_afterwards() -> Iterator[None]:
    yield
    current.use(legal.built_in(), None)


def written(hours: str) -> str:
    return f'[[window]]\nplace = "*"\nchannel = "sms"\nhours = {{ mon-sun = "{hours}" }}\nsource = "a law"\n'


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "windows.toml"
    path.write_text(written("08:00-21:00"))
    return path


def is_sent() -> bool:
    """Whether a promotional SMS to somebody in Iceland, where it is UTC, leaves at noon."""
    person = Person(Preferences(frozenset(Channel), PersonalRules(time_zone="Atlantic/Reykjavik")))
    decision = decide(Message(SMS, BUILT_IN["listing_alert"], "+3546100000"), person, NOON)
    assert isinstance(decision, Send | Hold)
    return isinstance(decision, Send)


def test_without_a_file_the_built_in_windows_hold() -> None:
    assert configured_windows(None).windows == legal.built_in().windows


def test_the_file_replaces_them_all(file: Path) -> None:
    assert len(configured_windows(str(file)).windows) == 1
    file.write_text("# nothing is limited here\n")
    assert not configured_windows(str(file)).limit(SMS, CategoryKind.PROMOTIONAL)


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"\xff", "is not UTF-8 text"),
        (b"[[window", "Expected"),
        (written("8-21").encode(), "window 1 (*): '8-21' are not hours"),
        (b"#" * (1024 * 1024 + 1), "is larger than 1024 kB"),
    ],
)
def test_a_file_that_cannot_be_used_stops_the_start(file: Path, content: bytes, problem: str) -> None:
    file.write_bytes(content)
    with pytest.raises(ConfigurationError) as refused:
        configured_windows(str(file))
    assert str(refused.value).startswith(f"LEGAL_WINDOWS_FILE: {file}: ")
    assert problem in str(refused.value)
    with pytest.raises(ConfigurationError, match="LEGAL_WINDOWS_FILE"):
        check_together(Settings(legal_windows_file=str(file)))


def test_a_file_that_is_not_there_stops_the_start(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="cannot be read"):
        configured_windows(str(tmp_path / "nowhere.toml"))
    with pytest.raises(ConfigurationError, match="cannot be read"):
        configured_windows(str(tmp_path))


def test_a_file_that_changes_is_used_once_it_is_complete(file: Path) -> None:
    current.use(configured_windows(str(file)), None)
    watch = WindowsWatch(str(file))

    assert not watch.reload()
    file.write_text(written("13:00-21:00"))
    assert not watch.reload()  # another process may be writing it
    assert is_sent()
    assert watch.reload()
    assert not is_sent()
    assert not watch.reload()


async def test_a_process_decides_by_the_file_and_zone_of_its_settings_and_follows_the_file(file: Path) -> None:
    supervisor = Supervisor(Metrics())
    settings = Settings(legal_windows_file=str(file), default_time_zone="Europe/Berlin")
    async with hours_of(settings, supervisor):
        assert len(current.windows().windows) == 1
        assert current.default_time_zone() == "Europe/Berlin"
        assert "legal_windows" in {task.get_name() for task in asyncio.all_tasks()}
    assert len(current.windows().windows) > 20
    assert current.default_time_zone() is None


def test_one_that_cannot_be_used_changes_nothing(file: Path) -> None:
    current.use(configured_windows(str(file)), None)
    watch = WindowsWatch(str(file))

    for broken in (written("13-21"), None):
        file.write_text(broken) if broken is not None else file.unlink()
        assert not any(watch.reload() for _ in range(3))
        assert is_sent()
    file.write_text(written("13:00-21:00"))
    assert [watch.reload() for _ in range(3)] == [False, True, False]
    assert not is_sent()
