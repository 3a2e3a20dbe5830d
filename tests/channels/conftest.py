"""What the tests of providers share: messages, and tools on a store of their own."""

from collections.abc import AsyncIterator, Callable

import pytest

from property_alert_notification.base.clock import Clock
from property_alert_notification.base.settings import Settings, load
from property_alert_notification.channels.base import OutgoingMessage, Tools
from property_alert_notification.database import Database

CLOCK = Clock()


def a_message(to: str = "anna@example.com", *, html: bool = True, text: str = "Now 450,000.") -> OutgoingMessage:
    """One message with a delivery id of its own."""
    return OutgoingMessage(
        delivery_id=CLOCK.new_id(),
        to=to,
        subject="Price drop",
        text=text,
        html=f"<p>{text}</p>" if html else None,
        headers=(("Auto-Submitted", "auto-generated"),),
    )


@pytest.fixture
def lines() -> list[str]:
    """What was announced on the console."""
    return []


@pytest.fixture
async def tools(migrated_sqlite_url: str, lines: list[str]) -> AsyncIterator[Tools]:
    """Tools on an empty SQLite store."""
    database = Database(migrated_sqlite_url.replace("sqlite:", "sqlite+aiosqlite:"), wait=30)
    yield Tools(load(Settings), database, CLOCK, lines.append)
    await database.close()


Environ = Callable[..., None]


@pytest.fixture
def environ(monkeypatch: pytest.MonkeyPatch) -> Environ:
    """Sets environment variables by keyword for one test."""

    def set_all(**variables: object) -> None:
        for name, value in variables.items():
            monkeypatch.setenv(name, str(value))

    return set_all
