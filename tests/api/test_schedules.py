"""Schedules over HTTP, on each store."""

from datetime import datetime, timedelta
from typing import Any

import httpx2
import pytest

from property_alert_notification.api.access.service import KeyService
from property_alert_notification.base.vocabulary import Scope
from property_alert_notification.database import Database
from tests.api.conftest import PREFERENCES, a_client, a_guarded_client
from tests.services.clock import SameDay

SCHEDULES = "/api/v1/schedules"
WEEKLY = {
    "title": "Your week",
    "message": "Three viewings",
    "user_id": 1,
    "user_email": "ada@example.com",
    "user_phone_number": None,
    "rrule": "FREQ=WEEKLY;BYDAY=MO",
    "start": "2026-12-01T09:00",
    "time_zone": "America/New_York",
}
NOWHERE = "01a225fa-8a89-7d59-9374-28dbc278e5b1"


async def create(caller: httpx2.AsyncClient, **fields: Any) -> str:
    answer = await caller.post(SCHEDULES, json=WEEKLY | fields)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def problems(answer: httpx2.Response) -> dict[str, str]:
    assert answer.status_code == 422, answer.text
    return {".".join(map(str, one["loc"][1:])): one["msg"] for one in answer.json()["detail"]}


async def test_a_schedule_is_created_shown_changed_and_deleted(caller: httpx2.AsyncClient) -> None:
    created = await caller.post(SCHEDULES, json=WEEKLY | {"category": "viewing", "reference": "week-1"})
    path = f"{SCHEDULES}/{created.json()['id']}"

    assert created.status_code == 201
    assert created.json() == WEEKLY | {
        "category": "viewing",
        "reference": "week-1",
        "id": created.json()["id"],
        "state": "active",
        "used_time_zone": "America/New_York",
        "next_at": created.json()["next_at"],
    }
    shown = (await caller.get(path)).json()
    assert {name: shown[name] for name in WEEKLY} == WEEKLY
    assert (shown["state"], shown["occurred"], shown["reason_code"]) == ("active", 0, None)
    assert shown["next_at"].endswith(("-05:00", "-04:00"))

    changed = await caller.patch(
        path, json={"title": "Your day", "rrule": "FREQ=DAILY", "user_phone_number": "+14155552671"}
    )
    assert changed.status_code == 200
    assert changed.json() == shown | {
        "title": "Your day",
        "rrule": "FREQ=DAILY",
        "user_phone_number": "+14155552671",
        "next_at": changed.json()["next_at"],
    }
    assert (await caller.get(path)).json() == changed.json()

    assert (await caller.delete(path)).status_code == 204
    assert [(await caller.get(path)).status_code, (await caller.delete(path)).status_code] == [404, 404]


async def test_the_next_occurrences_have_the_offset_of_the_zone(lite: httpx2.AsyncClient) -> None:
    id_ = await create(lite, rrule="FREQ=MONTHLY;BYDAY=2SU", start="2030-03-01T02:30", time_zone="America/New_York")

    answer = await lite.get(f"{SCHEDULES}/{id_}/occurrences", params={"count": 2})

    # There is no 02:30 on the tenth of March 2030.
    assert answer.json() == {"occurrences": ["2030-03-10T03:30:00-04:00", "2030-04-14T02:30:00-04:00"]}


async def test_occurrences_end_with_the_rule(lite: httpx2.AsyncClient) -> None:
    id_ = await create(lite, rrule="FREQ=DAILY;COUNT=3", start="2030-01-01T09:00", time_zone="UTC")

    answer = await lite.get(f"{SCHEDULES}/{id_}/occurrences")

    assert [one[:10] for one in answer.json()["occurrences"]] == ["2030-01-01", "2030-01-02", "2030-01-03"]


@pytest.mark.parametrize("count", ["0", "101", "many"])
async def test_a_count_of_occurrences_has_bounds(lite: httpx2.AsyncClient, count: str) -> None:
    answer = await lite.get(f"{SCHEDULES}/{NOWHERE}/occurrences", params={"count": count})

    assert "count" in problems(answer)


@pytest.mark.parametrize(
    ("fields", "field", "problem"),
    [
        ({"rrule": "FREQ=DAILY;BYSETPOS=1"}, "rrule", "has BYSETPOS, which is not supported"),
        ({"rrule": "FREQ=MONTHLY;BYMONTH=2;BYMONTHDAY=30"}, "rrule", "never occurs"),
        (
            {"rrule": "FREQ=DAILY;COUNT=3", "start": "2020-01-01T09:00"},
            "rrule",
            "all 3 occurrences of its rule have passed",
        ),
        ({"rrule": "FREQ=DAILY;UNTIL=20200101"}, "rrule", "UNTIL of its rule has passed"),
        ({"rrule": None}, "rrule", "must be a text"),
        ({"start": "2026-12-01T09:00:00Z"}, "start", "without an offset"),
        ({"start": "2026-12-01T09:00:30"}, "start", "whole minutes"),
        ({"start": "2026-02-30T09:00"}, "start", "must be a local time"),
        ({"start": "1066-10-14T09:00"}, "start", "must lie between"),
        ({"time_zone": "Mars/Olympus"}, "time_zone", "must be an IANA time zone"),
        ({"time_zone": "../../etc/passwd"}, "time_zone", "must be an IANA time zone"),
        ({"time_zone": None}, "time_zone", "the user's time zone is unknown"),
        ({"user_email": None}, "user_email", "give at least one of them"),
        ({"user_email": ""}, "user_email", ""),
        ({"channels": ["sms"]}, "user_phone_number", "`channels` allows sms only"),
        ({"send_at": "2027-01-01T00:00:00Z"}, "send_at", "is not a field of this call: leave it out"),
        ({"category": "Two Words"}, "category", "must match"),
        ({"title": ""}, "title", ""),
    ],
)
async def test_an_invalid_schedule_is_refused(
    lite: httpx2.AsyncClient, fields: dict[str, Any], field: str, problem: str
) -> None:
    answer = await lite.post(SCHEDULES, json=WEEKLY | fields)

    assert problem in problems(answer)[field]
    assert (await lite.get(SCHEDULES)).json()["items"] == []


async def test_a_user_without_preferences_gets_no_schedule(lite: httpx2.AsyncClient) -> None:
    answer = await lite.post(SCHEDULES, json=WEEKLY | {"user_id": 2})

    assert (answer.status_code, answer.json()["detail"]) == (404, "Preferences not found for user")


async def test_a_repeated_call_creates_one(caller: httpx2.AsyncClient) -> None:
    calls = [await caller.post(SCHEDULES, json=WEEKLY, headers={"Idempotency-Key": "week"}) for _ in range(2)]

    assert calls[0].json() == calls[1].json()
    assert calls[1].headers["Idempotency-Replayed"] == "true"
    assert len((await caller.get(SCHEDULES)).json()["items"]) == 1
    other = await caller.post(SCHEDULES, json=WEEKLY | {"title": "Other"}, headers={"Idempotency-Key": "week"})
    assert other.status_code == 422


async def test_a_paused_schedule_waits_until_it_is_resumed(caller: httpx2.AsyncClient) -> None:
    id_ = await create(caller)

    paused = [await caller.post(f"{SCHEDULES}/{id_}/pause") for _ in range(2)]
    would_come = (await caller.get(f"{SCHEDULES}/{id_}/occurrences")).json()["occurrences"]
    resumed = await caller.post(f"{SCHEDULES}/{id_}/resume")

    assert [(one.status_code, one.json()["state"], one.json()["next_at"]) for one in paused] == [
        (200, "paused", None)
    ] * 2
    assert (resumed.status_code, resumed.json()["state"], resumed.json()["next_at"]) == (200, "active", would_come[0])
    assert "message" not in resumed.json()


async def test_a_change_of_a_paused_schedule_leaves_it_paused(lite: httpx2.AsyncClient) -> None:
    id_ = await create(lite)
    await lite.post(f"{SCHEDULES}/{id_}/pause")

    changed = await lite.patch(f"{SCHEDULES}/{id_}", json={"rrule": "FREQ=DAILY"})

    assert (changed.json()["state"], changed.json()["next_at"], changed.json()["rrule"]) == (
        "paused",
        None,
        "FREQ=DAILY",
    )


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({}, ""),
        ({"user_id": 2}, "user_id"),
        ({"rrule": "FREQ=YEARLY"}, "rrule"),
        ({"rrule": "FREQ=DAILY;UNTIL=20200101"}, "rrule"),
        ({"user_email": None}, "user_email"),
        ({"user_email": ""}, "user_email"),
        ({"channels": ["sms"]}, "user_phone_number"),
        ({"title": None}, "title"),
    ],
)
async def test_a_change_that_leaves_no_schedule_is_refused(
    lite: httpx2.AsyncClient, change: dict[str, Any], field: str
) -> None:
    id_ = await create(lite)
    before = (await lite.get(f"{SCHEDULES}/{id_}")).json()

    assert list(problems(await lite.patch(f"{SCHEDULES}/{id_}", json=change))) == [field]
    assert (await lite.get(f"{SCHEDULES}/{id_}")).json() == before


async def test_a_list_has_pages_and_is_narrowed(caller: httpx2.AsyncClient) -> None:
    await caller.put("/api/v1/preferences/2", json={"email_enabled": True, "sms_enabled": False})
    ids = [await create(caller, user_id=1 + number % 2) for number in range(5)]
    await caller.post(f"{SCHEDULES}/{ids[3]}/pause")

    first = (await caller.get(SCHEDULES, params={"limit": 3})).json()
    second = (await caller.get(SCHEDULES, params={"limit": 3, "cursor": first["next"]})).json()

    assert [one["id"] for one in first["items"] + second["items"]] == ids[::-1]
    assert second["next"] is None
    assert "message" not in first["items"][0]
    assert "user_email" not in first["items"][0]
    for narrowed, wanted in (
        ({"user_id": 1}, [ids[4], ids[2], ids[0]]),
        ({"state": "paused"}, [ids[3]]),
        ({"state": "active"}, [ids[4], ids[2], ids[1], ids[0]]),
        ({"state": "active", "user_id": 2}, [ids[1]]),
        ({"state": "ended"}, []),
    ):
        page = (await caller.get(SCHEDULES, params=narrowed)).json()
        assert [one["id"] for one in page["items"]] == wanted, narrowed


@pytest.mark.parametrize("call", ["GET", "PATCH", "DELETE", "GET occurrences", "POST pause", "POST resume"])
async def test_a_schedule_that_is_not_there_is_not_found(lite: httpx2.AsyncClient, call: str) -> None:
    method, _, below = call.partition(" ")
    path = f"{SCHEDULES}/{NOWHERE}/{below}".rstrip("/")

    answer = await lite.request(method, path, json={"title": "x"} if method == "PATCH" else None)

    assert (answer.status_code, answer.json()["detail"]) == (404, "Schedule not found")


async def test_others_see_and_change_nothing_of_it(store_url: str) -> None:
    scopes = (Scope.NOTIFICATIONS_READ, Scope.NOTIFICATIONS_WRITE, Scope.PREFERENCES_WRITE)
    async with a_guarded_client(store_url, *scopes) as owner:
        await owner.put("/api/v1/preferences/1", json={"email_enabled": True, "sms_enabled": True})
        id_ = await create(owner)
        database = Database(store_url, wait=10)
        service = KeyService(database, SameDay(), actor="test")
        keys = {
            "other": await service.create("other", scopes),
            "test": await service.create("caller", scopes, test=True),
            "admin": await service.create("admin", (*scopes, Scope.ADMIN)),
            "writer": await service.create("caller", (Scope.NOTIFICATIONS_WRITE,)),
        }
        await database.close()
        seen: dict[str, list[int]] = {}
        for name, key in keys.items():
            owner.headers["Authorization"] = f"Bearer {key}"
            listed = await owner.get(SCHEDULES)
            paused = await owner.post(f"{SCHEDULES}/{id_}/pause")
            changed = await owner.patch(f"{SCHEDULES}/{id_}", json={"title": "Changed"})
            seen[name] = [len(listed.json().get("items", ())), paused.status_code, changed.status_code]
            if name == "writer":
                assert "title" not in changed.json()
                assert listed.status_code == 403

    assert seen == {"other": [0, 404, 404], "test": [0, 404, 404], "admin": [1, 200, 200], "writer": [0, 200, 200]}


async def test_an_urgent_schedule_needs_the_scope_for_it(store_url: str) -> None:
    async with a_guarded_client(store_url, Scope.NOTIFICATIONS_WRITE, Scope.PREFERENCES_WRITE) as caller:
        await caller.put("/api/v1/preferences/1", json={"email_enabled": True, "sms_enabled": True})
        id_ = await create(caller)

        refused = [
            await caller.post(SCHEDULES, json=WEEKLY | {"urgent": True}),
            await caller.patch(f"{SCHEDULES}/{id_}", json={"urgent": True}),
        ]

    assert [(one.status_code, "notifications:urgent" in one.json()["detail"]) for one in refused] == [(403, True)] * 2


async def test_a_start_long_ago_and_an_end_far_away_cost_nothing(lite: httpx2.AsyncClient) -> None:
    for rrule in ("FREQ=HOURLY", "FREQ=HOURLY;COUNT=999999999", "FREQ=DAILY;UNTIL=99991231T235959Z"):
        id_ = await create(lite, rrule=rrule, start="1970-01-01T00:00", time_zone="UTC")
        soon = datetime.fromisoformat((await lite.get(f"{SCHEDULES}/{id_}")).json()["next_at"])
        now = SameDay().now()
        assert now < soon <= now + timedelta(days=1), rrule


async def test_a_schedule_without_a_zone_has_that_of_its_user_as_soon_as_it_changes(caller: httpx2.AsyncClient) -> None:
    await caller.put("/api/v1/preferences/1", json=PREFERENCES | {"time_zone": "Asia/Kathmandu"})
    fields = {"rrule": "FREQ=DAILY", "start": "2030-07-01T09:00", "time_zone": None}
    created = (await caller.post(SCHEDULES, json=WEEKLY | fields)).json()
    path = f"{SCHEDULES}/{created['id']}"

    await caller.patch("/api/v1/preferences/1", json={"time_zone": "Europe/Berlin"})

    moved = [(await caller.get(path)).json(), (await caller.get(SCHEDULES)).json()["items"][0]]
    coming = (await caller.get(f"{path}/occurrences", params={"count": 1})).json()["occurrences"]
    assert (created["used_time_zone"], created["next_at"]) == ("Asia/Kathmandu", "2030-07-01T09:00:00+05:45")
    assert {(one["time_zone"], one["used_time_zone"], one["next_at"]) for one in moved} == {
        (None, "Europe/Berlin", "2030-07-01T09:00:00+02:00")
    }
    assert coming == ["2030-07-01T09:00:00+02:00"]


async def test_the_zone_of_a_schedule_takes_precedence_over_that_of_the_user(lite: httpx2.AsyncClient) -> None:
    await lite.put("/api/v1/preferences/1", json=PREFERENCES | {"time_zone": "Asia/Kathmandu"})

    id_ = await create(lite, time_zone="UTC")

    assert (await lite.get(f"{SCHEDULES}/{id_}")).json()["used_time_zone"] == "UTC"


async def test_a_user_of_whom_nothing_is_known_has_the_zone_of_the_service(store_url: str) -> None:
    async with a_client(database_url=store_url, default_time_zone="Asia/Kathmandu") as caller:
        await caller.put("/api/v1/preferences/1", json=PREFERENCES)

        created = (await caller.post(SCHEDULES, json=WEEKLY | {"time_zone": None})).json()

    assert (created["used_time_zone"], created["next_at"][-6:]) == ("Asia/Kathmandu", "+05:45")
