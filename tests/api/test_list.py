"""Lists of notifications over HTTP."""

import asyncio
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import httpx2
import pytest

from property_alert_notification.api.paging import to_cursor
from property_alert_notification.notifications import lists
from tests.api.conftest import PREFERENCES, accept

PATH = "/api/v1/notifications"
FAR = "2199-01-01T00:00:00Z"


@pytest.fixture
async def caller(client: httpx2.AsyncClient) -> httpx2.AsyncClient:
    """A caller whose users 1 and 2 want everything, and whose user 3 wants nothing."""
    for user, preferences in ((1, PREFERENCES), (2, PREFERENCES), (3, {"email_enabled": False, "sms_enabled": False})):
        await client.put(f"/api/v1/preferences/{user}", json=preferences)
    return client


async def _list(caller: httpx2.AsyncClient, **filters: Any) -> dict[str, Any]:
    answer = await caller.get(PATH, params=filters)
    assert answer.status_code == 200, answer.text
    page: dict[str, Any] = answer.json()
    return page


async def _ids(caller: httpx2.AsyncClient, **filters: Any) -> list[str]:
    """Of all pages."""
    page = await _list(caller, **filters)
    ids = [one["id"] for one in page["items"]]
    while page["next"]:
        page = await _list(caller, **filters, cursor=page["next"])
        ids += [one["id"] for one in page["items"]]
    return ids


async def test_an_item_of_a_list_has_its_status_and_no_personal_data(
    caller: httpx2.AsyncClient,
) -> None:
    id_ = await accept(caller, reference="r-1", channels=["email"], expires_at=FAR)

    (item,) = (await _list(caller))["items"]

    assert datetime.fromisoformat(item.pop("accepted_at")).utcoffset() is not None
    assert item.pop("expires_at") is not None
    assert item == {
        "id": id_,
        "status": "pending",
        "user_id": 1,
        "category": "general",
        "reference": "r-1",
        "title": "notification title",
        "urgent": False,
        "channels": ["email"],
        "send_at": None,
        "caller": None,
        "test": False,
        "reason_codes": ["user_opted_in"],
    }


async def test_an_empty_list_is_its_last_page(caller: httpx2.AsyncClient) -> None:
    assert await _list(caller) == {"items": [], "next": None}


async def test_pages_are_newest_first_and_stable_while_others_come_in(caller: httpx2.AsyncClient) -> None:
    ids = [await accept(caller) for _ in range(7)]

    first = await _list(caller, limit=3)
    await accept(caller)
    rest = await _list(caller, limit=100, cursor=first["next"])

    assert [one["id"] for one in first["items"] + rest["items"]] == ids[::-1]
    assert rest["next"] is None


async def test_a_list_that_ends_with_its_page_has_no_next(caller: httpx2.AsyncClient) -> None:
    for _ in range(3):
        await accept(caller)

    assert (await _list(caller, limit=3))["next"] is None


async def test_each_filter_finds_its_own_and_nothing_else(caller: httpx2.AsyncClient) -> None:
    general = await accept(caller)
    later = await accept(caller, send_at=FAR, category="viewing")
    theirs = await accept(caller, user_id=2, reference="r-2", channels=["sms"])
    unwanted = await accept(caller, user_id=3, category="viewing", reference="r-3", channels=["email"])
    cancelled = await accept(caller, user_id=2, channels=["email"])
    await caller.post(f"{PATH}/{cancelled}/cancel")

    for filters, expected in (
        ({"user_id": 2}, [cancelled, theirs]),
        ({"category": "viewing"}, [unwanted, later]),
        ({"reference": "r-2"}, [theirs]),
        ({"channel": "sms"}, [theirs, later, general]),
        ({"channel": "email"}, [cancelled, unwanted, later, general]),
        ({"status": "pending"}, [theirs, general]),
        ({"status": "scheduled"}, [later]),
        ({"status": "suppressed"}, [unwanted]),
        ({"status": "cancelled"}, [cancelled]),
        ({"status": "sent"}, []),
        ({"status": "delivered"}, []),
        ({"status": "pending", "user_id": 2}, [theirs]),
        ({"status": "pending", "category": "general"}, [theirs, general]),
        ({"status": "pending", "channel": "email"}, [general]),
        ({"status": "suppressed", "category": "viewing", "user_id": 3}, [unwanted]),
        ({"user_id": 1, "category": "viewing"}, [later]),
        ({"reference": "r-3", "user_id": 2}, []),
        ({"reason_code": "user_opted_out"}, [unwanted]),
        ({"reason_code": "user_opted_in"}, [theirs, general]),
        ({"reason_code": "user_opted_in", "user_id": 2}, [theirs]),
        ({"reason_code": "user_opted_in", "status": "pending", "channel": "email"}, [general]),
        ({"reason_code": "cancelled", "status": "cancelled"}, [cancelled]),
        ({"reason_code": "cancelled", "status": "pending"}, []),
        ({"reason_code": "sent", "status": "sent"}, []),
    ):
        assert await _ids(caller, **filters) == expected, filters
        assert await _ids(caller, **filters, limit=1) == expected, filters


async def test_a_search_that_finds_little_gives_short_pages_and_goes_on(
    caller: httpx2.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lists, "FIRST_WALKED", 1)
    monkeypatch.setattr(lists, "MOST_WALKED", 2)
    wanted = [await accept(caller, user_id=user, category="viewing") for user in (1, 2, 2, 2, 2, 1)]

    delivered = {"user_id": 2, "category": "viewing", "status": "delivered", "limit": 1}
    page = await _list(caller, **delivered)
    pending = {"category": "viewing", "status": "pending", "channel": "email", "limit": 1}

    assert (page["items"], page["next"] is None) == ([], False)
    assert await _ids(caller, **delivered) == []
    assert await _ids(caller, user_id=1, category="viewing", status="pending", limit=1) == [wanted[5], wanted[0]]
    assert await _ids(caller, user_id=2, channel="email", limit=1) == wanted[4:0:-1]
    assert await _ids(caller, **pending) == wanted[::-1]


async def test_the_status_of_an_item_is_that_of_its_detail(caller: httpx2.AsyncClient) -> None:
    await accept(caller, send_at=FAR)
    await accept(caller, user_id=3)
    await accept(caller)

    for item in (await _list(caller))["items"]:
        assert item["status"] == (await caller.get(f"{PATH}/{item['id']}")).json()["status"]


async def test_an_item_has_the_reason_codes_of_its_deliveries_each_once(caller: httpx2.AsyncClient) -> None:
    await caller.put("/api/v1/preferences/4", json={"email_enabled": True, "sms_enabled": False})
    mixed = await accept(caller, user_id=4)
    same = await accept(caller)
    later = await accept(caller, send_at=FAR)

    codes = {item["id"]: item["reason_codes"] for item in (await _list(caller))["items"]}

    assert codes == {mixed: ["user_opted_in", "user_opted_out"], same: ["user_opted_in"], later: []}


async def test_times_bound_a_list_from_inclusive_to_exclusive(caller: httpx2.AsyncClient) -> None:
    ids = [await accept(caller) for _ in range(3)]
    at = datetime.fromisoformat((await caller.get(f"{PATH}/{ids[1]}")).json()["accepted_at"])
    after = at + timedelta(microseconds=1)

    assert ids[1] in await _ids(caller, accepted_after=at.isoformat())
    assert ids[1] not in await _ids(caller, accepted_after=after.isoformat())
    assert ids[1] not in await _ids(caller, accepted_before=at.isoformat())
    assert ids[1] in await _ids(caller, accepted_before=after.isoformat(), accepted_after=at.isoformat())
    assert await _ids(caller, accepted_after=FAR) == []


async def test_many_accepted_together_are_found_by_the_very_time_that_each_is_said_to_be_accepted_at(
    caller: httpx2.AsyncClient,
) -> None:
    await asyncio.gather(*(accept(caller) for _ in range(100)))
    every = {
        item["id"]: datetime.fromisoformat(item["accepted_at"]) for item in (await _list(caller, limit=100))["items"]
    }

    for at in set(every.values()):
        since = await _ids(caller, accepted_after=at.isoformat())
        until = await _ids(caller, accepted_before=at.isoformat())
        assert set(since) == {id_ for id_, its in every.items() if its >= at}
        assert set(until) == set(every) - set(since)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("cursor", "nonsense"),
        ("cursor", ""),
        ("cursor", "家"),
        ("cursor", to_cursor(UUID(int=7)) + "A"),
        ("cursor", to_cursor(UUID(int=7))[:-1]),
        ("cursor", "Q" + to_cursor(UUID(int=7))[1:]),
        ("limit", 0),
        ("limit", 101),
        ("user_id", 2**63),
        ("user_id", "one"),
        ("status", "lost"),
        ("channel", "pigeon"),
        ("reason_code", "the user does not want email"),
        ("category", "Not A Slug"),
        ("reference", "nul\x00"),
        ("accepted_after", "yesterday"),
        ("accepted_before", "2026-01-01T00:00:00"),
        ("title", 1),
    ],
)
async def test_a_wrong_filter_is_named(lite: httpx2.AsyncClient, name: str, value: Any) -> None:
    answer = await lite.get(PATH, params={name: value})

    assert answer.status_code == 422
    (problem,) = answer.json()["detail"]
    assert problem["loc"] == ["query", name]
    assert problem.keys() <= {"type", "loc", "msg"}


async def test_the_list_answers_with_and_without_the_trailing_slash(lite: httpx2.AsyncClient) -> None:
    assert (await lite.get(PATH)).status_code == (await lite.get(f"{PATH}/")).status_code == 200


async def test_an_email_and_a_delivery_lead_to_their_notification(caller: httpx2.AsyncClient) -> None:
    await accept(caller)
    id_ = await accept(caller, reference="order-7", category="offer")
    await accept(caller)
    detail = (await caller.get(f"{PATH}/{id_}")).json()
    email = detail["deliveries"][0]["id"]

    assert [await _ids(caller, delivery_id=delivery["id"]) for delivery in detail["deliveries"]] == [[id_], [id_]]
    for message_id in (
        f"<{email}@alerts.example>",
        f"{email}@localhost",
        f"<{email}.abcd2345@a>",
        f"Message-ID: <{email.upper()}@b.example>",
    ):
        assert await _ids(caller, message_id=message_id) == [id_]
    for fitting in (
        {"category": "offer"},
        {"status": "pending"},
        {"reference": "order-7"},
        {"channel": "sms"},
        {"user_id": 1},
    ):
        assert await _ids(caller, delivery_id=email, **fitting) == [id_]
    for other in ({"category": "general"}, {"status": "sent"}, {"reference": "order-8"}, {"user_id": 2}):
        assert await _ids(caller, delivery_id=email, **other) == []
    assert await _ids(caller, delivery_id=email, accepted_before="2020-01-01T00:00:00Z") == []
    assert await _ids(caller, delivery_id=email, message_id=f"<{detail['deliveries'][1]['id']}@localhost>") == [id_]


@pytest.mark.parametrize("message_id", ["<abc@mail.example>", "nonsense", "<01900000-0000-7000-8000-000000000000@a>"])
async def test_an_email_of_others_leads_to_nothing(caller: httpx2.AsyncClient, message_id: str) -> None:
    await accept(caller)

    assert await _list(caller, message_id=message_id) == {"items": [], "next": None}
    assert await _list(caller, delivery_id="01900000-0000-7000-8000-000000000000") == {"items": [], "next": None}
