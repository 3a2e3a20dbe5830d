"""Messages of people over HTTP, on each store."""

import json
from typing import Any

import httpx2
import pytest

from property_alert_notification.base.vocabulary import Scope
from tests.api.conftest import a_guarded_client
from tests.api.test_callbacks import PATH as CALLBACKS
from tests.api.test_callbacks import hooked, signed

__all__ = ["hooked"]

PATH = "/api/v1/replies"
ADA, GRACE = "+14155552671", "+442079460000"
UNKNOWN = "01900000-0000-7000-8000-000000000000"


async def receive(client: httpx2.AsyncClient, *messages: tuple[str, str]) -> None:
    """Let the gateway report these messages, each a sender and a text."""
    for number, (sender, text) in enumerate(messages):
        body = json.dumps({"type": "message", "id": f"in-{number}", "from": sender, "text": text}).encode()
        answer = await client.post(CALLBACKS, content=body, headers=signed(body, id_=f"msg-{number}"))
        assert answer.is_success, answer.text


async def texts(client: httpx2.AsyncClient, **filters: Any) -> list[str]:
    answer = await client.get(PATH, params=filters)
    assert answer.status_code == 200, answer.text
    return [one["text"] for one in answer.json()["items"]]


async def test_operators_find_what_people_wrote_and_mark_it_as_handled(hooked: httpx2.AsyncClient) -> None:
    sent = ((ADA, "please stop texting me"), (GRACE, "When can I see it?"), (ADA, "Stop!"), (GRACE, "wrong number"))
    await receive(hooked, *sent)

    assert await texts(hooked) == [text for _, text in reversed(sent)]
    assert await texts(hooked, looks_like_refusal=True) == ["wrong number", "please stop texting me"]
    assert await texts(hooked, word="other", looks_like_refusal=False) == ["When can I see it?"]
    assert await texts(hooked, word="stop", channel="sms") == ["Stop!"]
    assert await texts(hooked, channel="email") == []
    assert await texts(hooked, channel="sms", address="+44 20 7946 0000") == ["wrong number", "When can I see it?"]
    shown = (await hooked.get(PATH)).json()["items"]
    assert await texts(hooked, received_before="2026-01-01T00:00:00Z") == []
    assert len(await texts(hooked, received_after="2026-01-01T00:00:00Z")) == len(sent)
    first = (await hooked.get(PATH, params={"limit": 3})).json()
    rest = (await hooked.get(f"{PATH}/", params={"limit": 3, "cursor": first["next"]})).json()
    assert ([*first["items"], *rest["items"]], rest["next"]) == (shown, None)
    assert await waiting(hooked) == 2

    one = f"{PATH}/{shown[0]['id']}"
    handled = [(await hooked.patch(one, json={"handled": True})).json() for _ in range(2)]
    marks = {name: handled[0][name] for name in ("handled_at", "handled_by")}
    assert handled[0] == handled[1] == {**shown[0], **marks}
    assert all(marks.values())
    assert await texts(hooked, looks_like_refusal=True, handled=False) == ["please stop texting me"]
    assert await texts(hooked, handled=True) == ["wrong number"]
    assert await waiting(hooked) == 1
    assert (await hooked.patch(one, json={"handled": False})).json() == shown[0]
    assert (await hooked.patch(f"{PATH}/{UNKNOWN}", json={"handled": True})).status_code == 404
    audit = (await hooked.get("/api/v1/audit")).json()["items"]
    done = [(entry["action"], entry["subject"]) for entry in audit if entry["action"].startswith("reply.")]
    assert done == [("reply.reopened", shown[0]["id"]), ("reply.handled", shown[0]["id"])]


async def waiting(client: httpx2.AsyncClient) -> float:
    """How many refusals wait, as Prometheus reads it."""
    lines = (await client.get("/metrics")).text.splitlines()
    return next(float(line.split()[1]) for line in lines if line.startswith("property_alerts_refusals_waiting "))


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"word": "no"}, "word"),
        ({"looks_like_refusal": "perhaps"}, "looks_like_refusal"),
        ({"address": ADA}, "query"),
        ({"channel": "sms", "address": "home"}, "address"),
        ({"received_after": "yesterday"}, "received_after"),
        ({"cursor": "x"}, "cursor"),
        ({"limit": 0}, "limit"),
        ({"text": "stop"}, "query"),
    ],
)
async def test_a_wrong_filter_is_refused_with_its_name(lite: httpx2.AsyncClient, query: Any, field: str) -> None:
    answer = await lite.get(PATH, params=query)

    assert answer.status_code == 422
    assert field in answer.text


@pytest.mark.parametrize("body", [{}, {"handled": None}, {"handled": True, "word": "stop"}])
async def test_a_wrong_change_is_refused(lite: httpx2.AsyncClient, body: Any) -> None:
    assert (await lite.patch(f"{PATH}/{UNKNOWN}", json=body)).status_code == 422


async def test_messages_are_read_by_one_scope_and_marked_by_another(store_url: str) -> None:
    async with a_guarded_client(store_url, Scope.USERS_READ) as reader:
        assert (await reader.get(PATH)).json() == {"items": [], "next": None}
        assert (await reader.patch(f"{PATH}/{UNKNOWN}", json={"handled": True})).status_code == 403
