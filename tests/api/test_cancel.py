"""Taking a notification back over HTTP."""

from typing import Any
from uuid import uuid4

import httpx2
import pytest

from tests.api.conftest import accept

PATH = "/api/v1/notifications"
FAR = "2199-01-01T00:00:00Z"


async def test_a_waiting_delivery_is_cancelled_with_its_reason(caller: httpx2.AsyncClient) -> None:
    id_ = await accept(caller)

    answer = await caller.post(f"{PATH}/{id_}/cancel")

    assert answer.status_code == 200
    detail = answer.json()
    assert (detail["status"], detail["id"]) == ("cancelled", id_)
    assert [(one["state"], one["reason"], one["due_at"]) for one in detail["deliveries"]] == [
        ("cancelled", "its caller cancelled it", None)
    ] * 2
    assert detail["cancelled_at"] is not None
    assert detail["timeline"][-1]["what"] == "cancelled by its caller"
    assert detail == (await caller.get(f"{PATH}/{id_}")).json()


@pytest.mark.parametrize(
    ("preferences", "fields"),
    [
        ({"sms_enabled": False}, {}),
        ({}, {"user_phone_number": None}),
        ({"sms_enabled": False}, {"user_phone_number": None}),
        ({"sms_enabled": False}, {"channels": ["email", "sms"]}),
        ({"email_enabled": False}, {}),
    ],
)
async def test_a_cancelled_notification_is_cancelled_whatever_channels_it_used(
    caller: httpx2.AsyncClient, preferences: dict[str, bool], fields: dict[str, Any]
) -> None:
    await caller.patch("/api/v1/preferences/1", json=preferences)
    id_ = await accept(caller, **fields)

    cancelled = (await caller.post(f"{PATH}/{id_}/cancel")).json()

    assert cancelled["status"] == "cancelled"
    listed = (await caller.get(PATH, params={"status": "cancelled"})).json()["items"]
    assert [one["id"] for one in listed] == [id_]
    assert (await caller.get(PATH, params={"status": "suppressed"})).json()["items"] == []


async def test_a_scheduled_notification_is_cancelled_without_a_plan(caller: httpx2.AsyncClient) -> None:
    id_ = await accept(caller, send_at=FAR)

    detail = (await caller.post(f"{PATH}/{id_}/cancel/")).json()

    assert (detail["status"], detail["deliveries"]) == ("cancelled", [])


@pytest.mark.parametrize("fields", [{}, {"send_at": FAR}])
async def test_there_is_nothing_left_to_cancel_twice(caller: httpx2.AsyncClient, fields: dict[str, Any]) -> None:
    id_ = await accept(caller, **fields)
    await caller.post(f"{PATH}/{id_}/cancel")

    answer = await caller.post(f"{PATH}/{id_}/cancel")

    assert (answer.status_code, answer.json()["title"]) == (409, "Conflict")
    assert answer.headers["content-type"] == "application/problem+json"


async def test_an_unknown_notification_cannot_be_cancelled(caller: httpx2.AsyncClient) -> None:
    answer = await caller.post(f"{PATH}/{uuid4()}/cancel")

    assert (answer.status_code, answer.json()["detail"]) == (404, "Notification not found")
