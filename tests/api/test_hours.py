"""What waits for its hour, over HTTP."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.api.conftest import NOTIFICATION, PREFERENCES, a_client, accept
from tests.services.clock import SameDay

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
    now = SameDay().now()
    start, end = [f"{now + timedelta(hours=hours):%H:%M}" for hours in (-3, 3)]
    return {"time_zone": "UTC", "quiet_hours": [{"days": EVERY_DAY, "from": start, "to": end}]}


async def delivery_of(client: httpx2.AsyncClient, notification: str) -> dict[str, Any]:
    answer = await client.get(f"/api/v1/notifications/{notification}")
    (delivery,) = answer.json()["deliveries"]
    return dict(delivery)


def is_due(delivery: dict[str, Any]) -> bool:
    return datetime.fromisoformat(delivery["due_at"]) <= SameDay().now()


@pytest.mark.parametrize("way", CHANGES)
async def test_a_change_of_preferences_reevaluates_held_messages(client: httpx2.AsyncClient, way: str) -> None:
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
async def test_first_preferences_reevaluate_held_messages(store_url: str, tmp_path: Path, way: str) -> None:
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


async def test_a_time_of_the_user_s_clock_is_repeated_and_its_moment_shown(client: httpx2.AsyncClient) -> None:
    await client.put(PATH, json=PREFERENCES | {"time_zone": "Australia/Lord_Howe"})
    answer = await client.post("/api/v1/notifications/", json=NOTIFICATION | {"send_at_local": "2040-10-07T02:15"})

    assert (answer.status_code, answer.json()["send_at_local"], answer.json()["status"]) == (
        200,
        "2040-10-07T02:15",
        "scheduled",
    )
    shown = (await client.get(f"/api/v1/notifications/{answer.json()['id']}")).json()
    # The clock goes from 2:00 to 2:30 there, so 2:15 is 2:45.
    assert (shown["send_at"], shown["send_at_local"]) == ("2040-10-06T15:45:00Z", "2040-10-07T02:15")


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"send_at_local": "2040-10-07T02:15", "send_at": "2040-10-07T02:15:00Z"}, "replaces send_at"),
        ({"send_at_local": "2040-10-07T02:15+01:00"}, "without an offset"),
        ({"send_at_local": "2040-10-07T02:15:30"}, "in whole minutes"),
        ({"send_at_local": "2040-02-30T02:15"}, "without an offset"),
        ({"send_at_local": "3040-02-20T02:15"}, "must lie between"),
        ({"send_at_local": 7}, "must be a text"),
    ],
)
async def test_other_times_are_refused_with_the_field(
    lite: httpx2.AsyncClient, fields: dict[str, Any], problem: str
) -> None:
    notification = await accept(lite)
    for answer in (
        await lite.post("/api/v1/notifications/", json=NOTIFICATION | fields),
        await lite.patch(f"/api/v1/notifications/{notification}", json=fields),
    ):
        (error,) = answer.json()["detail"]
        assert answer.status_code == 422
        assert error["loc"] == ["body", "send_at_local"]
        assert problem in error["msg"]
