"""Changing a notification over HTTP before a delivery was claimed."""

from typing import Any
from uuid import uuid4

import httpx2
import pytest

from tests.api.conftest import accept

PATH = "/api/v1/notifications"
FAR = "2199-01-01T00:00:00Z"


async def test_the_content_can_be_changed_until_sending_begins(caller: httpx2.AsyncClient) -> None:
    id_ = await accept(caller, expires_at=FAR)

    answer = await caller.patch(f"{PATH}/{id_}", json={"title": "new title", "expires_at": None})

    assert answer.status_code == 200
    detail = answer.json()
    assert (detail["title"], detail["message"]) == ("new title", "notification message")
    assert (detail["expires_at"], detail["status"]) == (None, "pending")
    assert detail == (await caller.get(f"{PATH}/{id_}/")).json()


async def test_moved_to_later_it_waits_without_deliveries_and_is_planned_anew_when_moved_back(
    caller: httpx2.AsyncClient,
) -> None:
    id_ = await accept(caller)
    before = (await caller.get(f"{PATH}/{id_}")).json()

    later = (await caller.patch(f"{PATH}/{id_}", json={"send_at": FAR})).json()
    now = (await caller.patch(f"{PATH}/{id_}/", json={"send_at": None})).json()

    assert (later["status"], later["deliveries"]) == ("scheduled", [])
    assert (now["status"], now["send_at"]) == ("pending", None)
    assert [(one["channel"], one["address"], one["state"]) for one in now["deliveries"]] == [
        (one["channel"], one["address"], one["state"]) for one in before["deliveries"]
    ]


async def test_a_scheduled_notification_can_be_changed_and_stays_scheduled(caller: httpx2.AsyncClient) -> None:
    id_ = await accept(caller, send_at=FAR)

    detail = (await caller.patch(f"{PATH}/{id_}", json={"message": "new", "send_at": "2198-01-01T00:00:00Z"})).json()

    assert (detail["status"], detail["message"], detail["send_at"]) == ("scheduled", "new", "2198-01-01T00:00:00Z")


async def test_who_opted_out_meanwhile_gets_nothing_when_it_is_moved_to_now(caller: httpx2.AsyncClient) -> None:
    id_ = await accept(caller, send_at=FAR)
    await caller.delete("/api/v1/preferences/1")

    detail = (await caller.patch(f"{PATH}/{id_}", json={"send_at": None})).json()

    assert detail["status"] == "suppressed"
    assert {one["reason"] for one in detail["deliveries"]} == {
        "the user has no preferences: none were set, or they were deleted, which withdraws all consent"
    }
    page = (await caller.get(PATH, params={"status": "suppressed"})).json()
    assert [one["id"] for one in page["items"]] == [id_]


SOON, LATER, PAST = "2197-01-01T00:00:00Z", "2198-01-01T00:00:00Z", "2020-01-01T00:00:00Z"


@pytest.mark.parametrize(
    ("before", "patch", "field"),
    [
        ({}, {"expires_at": PAST}, "expires_at"),
        ({"send_at": SOON}, {"expires_at": PAST}, "expires_at"),
        ({"send_at": LATER}, {"expires_at": SOON}, "expires_at"),
        ({"send_at": LATER}, {"expires_at": LATER}, "expires_at"),
        ({}, {"send_at": LATER, "expires_at": SOON}, "expires_at"),
        ({"expires_at": SOON}, {"send_at": LATER}, "send_at"),
        ({"send_at": SOON, "expires_at": LATER}, {"send_at": FAR}, "send_at"),
    ],
)
async def test_times_that_do_not_fit_unchanged_ones_are_refused_and_change_nothing(
    caller: httpx2.AsyncClient, before: dict[str, str], patch: dict[str, str], field: str
) -> None:
    id_ = await accept(caller, **before)
    detail = (await caller.get(f"{PATH}/{id_}")).json()

    answer = await caller.patch(f"{PATH}/{id_}", json=patch)

    assert answer.status_code == 422
    assert [problem["loc"] for problem in answer.json()["detail"]] == [["body", field]]
    assert (await caller.get(f"{PATH}/{id_}")).json() == detail


async def test_times_may_change_together_and_an_end_may_be_taken_away(caller: httpx2.AsyncClient) -> None:
    id_ = await accept(caller, send_at=SOON, expires_at=LATER)

    moved = await caller.patch(f"{PATH}/{id_}", json={"send_at": LATER, "expires_at": FAR})
    endless = await caller.patch(f"{PATH}/{id_}", json={"send_at": FAR, "expires_at": None})

    assert [answer.status_code for answer in (moved, endless)] == [200, 200]


@pytest.mark.parametrize("send_at", [None, PAST])
async def test_moved_to_now_its_age_counts_from_the_change(caller: httpx2.AsyncClient, send_at: str | None) -> None:
    id_ = await accept(caller, send_at=FAR)

    detail = (await caller.patch(f"{PATH}/{id_}", json={"send_at": send_at})).json()

    assert (detail["status"], detail["send_at"]) == ("pending", send_at)
    assert detail == (await caller.get(f"{PATH}/{id_}")).json()


async def test_a_cancelled_notification_cannot_be_changed(caller: httpx2.AsyncClient) -> None:
    id_ = await accept(caller)
    await caller.post(f"{PATH}/{id_}/cancel")

    answer = await caller.patch(f"{PATH}/{id_}", json={"title": "too late"})

    assert (answer.status_code, answer.json()["title"]) == (409, "Conflict")


async def test_an_unknown_notification_cannot_be_changed(caller: httpx2.AsyncClient) -> None:
    answer = await caller.patch(f"{PATH}/{uuid4()}", json={"title": "new"})

    assert (answer.status_code, answer.json()["detail"]) == (404, "Notification not found")


@pytest.mark.parametrize(
    ("body", "where"),
    [
        ({}, []),
        ({"title": None}, ["title"]),
        ({"title": ""}, ["title"]),
        ({"title": "two\nlines"}, ["title"]),
        ({"message": None}, ["message"]),
        ({"message": "x" * 20_001}, ["message"]),
        ({"send_at": "2030-01-01T00:00:00"}, ["send_at"]),
        ({"expires_at": "soon"}, ["expires_at"]),
        ({"user_id": 2}, ["user_id"]),
    ],
)
async def test_a_wrong_change_is_named_and_its_value_is_not_repeated(
    lite: httpx2.AsyncClient, body: dict[str, Any], where: list[str]
) -> None:
    answer = await lite.patch(f"{PATH}/{uuid4()}", json=body)

    assert answer.status_code == 422
    (problem,) = answer.json()["detail"]
    assert problem["loc"] == ["body", *where]
    assert problem.keys() <= {"type", "loc", "msg"}
