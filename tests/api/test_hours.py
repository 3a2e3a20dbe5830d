"""What waits for its hour, over HTTP."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.api.conftest import PREFERENCES, a_client, accept

PATH = "/api/v1/preferences/1"
BATCH = "/api/v1/preferences/batch"
EVERY_DAY = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]

CHANGES: dict[str, Callable[[httpx2.AsyncClient], Awaitable[httpx2.Response]]] = {
    "put": lambda client: client.put(PATH, json=PREFERENCES),
    "patch": lambda client: client.patch(PATH, json={"time_zone": "Asia/Tokyo"}),
    "delete": lambda client: client.delete(PATH),
}
FIRST_WORDS: dict[str, Callable[[httpx2.AsyncClient], Awaitable[httpx2.Response]]] = {
    "post": lambda client: client.post(PATH, json=PREFERENCES),
    "batch": lambda client: client.post(BATCH, json={"preferences": [{"user_id": 1, **PREFERENCES}]}),
}


def around_now() -> dict[str, Any]:
    """Quiet hours that began hours ago and end in hours."""
    now = datetime.now(UTC)
    start, end = [f"{now + timedelta(hours=hours):%H:%M}" for hours in (-3, 3)]
    return {"time_zone": "UTC", "quiet_hours": [{"days": EVERY_DAY, "from": start, "to": end}]}


async def delivery_of(client: httpx2.AsyncClient, notification: str) -> dict[str, Any]:
    answer = await client.get(f"/api/v1/notifications/{notification}")
    (delivery,) = answer.json()["deliveries"]
    return dict(delivery)


def is_due(delivery: dict[str, Any]) -> bool:
    return datetime.fromisoformat(delivery["due_at"]) <= datetime.now(UTC)


@pytest.mark.parametrize("way", CHANGES)
async def test_what_quiet_hours_hold_is_decided_again_when_preferences_change(
    client: httpx2.AsyncClient, way: str
) -> None:
    await client.put(PATH, json=PREFERENCES | around_now())
    held = await accept(client, user_phone_number=None)
    before = await delivery_of(client, held)

    changed = await CHANGES[way](client)

    assert (before["state"], before["held_by"], before["reason_code"]) == ("held", "quiet_hours", "quiet_hours")
    assert not is_due(before)
    assert changed.is_success
    after = await delivery_of(client, held)
    assert (after["state"], after["held_by"]) == ("held", None)
    assert is_due(after)


@pytest.mark.parametrize("way", FIRST_WORDS)
async def test_first_preferences_decide_again_what_was_held_by_default_ones(
    store_url: str, tmp_path: Path, way: str
) -> None:
    windows = tmp_path / "windows.toml"
    windows.write_text('[[window]]\nplace = "*"\nchannel = "sms"\nhours = {}\nsource = "never"\n')
    settings: dict[str, Any] = {"legal_windows_file": str(windows), "default_preferences": "sms"}
    async with a_client(database_url=store_url, **settings) as client:
        held = await accept(client, category="listing_alert", user_email=None)
        before = await delivery_of(client, held)

        changed = await FIRST_WORDS[way](client)

        assert (before["held_by"], before["reason_code"]) == ("legal_window", "no_allowed_moment")
        assert not is_due(before)
        assert changed.is_success
        assert is_due(await delivery_of(client, held))
