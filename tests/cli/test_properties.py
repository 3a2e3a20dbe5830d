"""`properties`: which listings are of one home, on the command line."""

import asyncio
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from property_alert_notification.base.clock import Clock
from property_alert_notification.cli import app
from property_alert_notification.database import Database
from property_alert_notification.homes.listings.intake import ListingIntake
from property_alert_notification.homes.listings.received import received
from property_alert_notification.homes.listings.settings import ListingSettings
from property_alert_notification.homes.reso.record import Feed, read

RECORD = {
    "StandardStatus": "Active",
    "ModificationTimestamp": "2026-11-01T09:00:00Z",
    "UnparsedAddress": "1 Elm St",
    "City": "Salem",
    "StateOrProvince": "OR",
}


def test_a_home_is_split_and_merged_again(
    tmp_path: Path, migrated_sqlite: Callable[[Path], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    url = migrated_sqlite(tmp_path / "app.db")
    monkeypatch.setenv("DATABASE_URL", url)
    asyncio.run(_list(url, ("1", "A"), ("W-2", "Portal")))

    assert _keys(_call("properties", "show", "1", "--json")) == ["1", "W-2"]
    assert _keys(_call("properties", "split", "Portal/W-2", "--json")) == ["W-2"]
    assert "not the same home" in _call("properties", "show", "1").stdout
    assert _keys(_call("properties", "merge", "1", "W-2", "--json")) == ["1", "W-2"]
    assert _call("properties", "show", "Other/1").exit_code == 1


async def _list(url: str, *listings: tuple[str, str]) -> None:
    database, clock = Database(url, wait=30), Clock()
    records = [RECORD | {"ListingKey": key, "SourceSystemName": source} for key, source in listings]
    batch = [received(read(record, Feed(None, "USD"), clock.now())) for record in records]
    async with database.transaction() as connection:
        await ListingIntake(connection, clock, ListingSettings().periods).take(batch)
    await database.close()


def _call(*arguments: str) -> Result:
    return CliRunner().invoke(app, arguments, prog_name="property-alerts")


def _keys(result: Result) -> list[str]:
    assert result.exit_code == 0, result.output
    return [one["ListingKey"] for one in json.loads(result.stdout)["listings"]]
