"""Double opt-in over HTTP: nothing is sent until the user confirms, by the link in one message."""

import re
from datetime import datetime, timedelta
from typing import Any

import httpx2

from property_alert_notification.base.settings import Settings
from property_alert_notification.base.vocabulary import Channel
from property_alert_notification.feedback.confirmations.ask import REFERENCE
from property_alert_notification.feedback.unsubscribe.tokens import Link, Purpose, Tokens
from tests.api.conftest import accept
from tests.services.clock import SameDay

Client = httpx2.AsyncClient
PREFERENCES = "/api/v1/preferences/1"
TOKENS = Tokens(Settings().link_keys)
OUT = {"email_enabled": True, "sms_enabled": False, "language": "es", "categories": {"news": {"email": "never"}}}


async def opt_in(client: Client, frequency: str = "asap") -> None:
    answer = await client.patch(PREFERENCES, json={"categories": {"news": {"email": frequency}}})
    assert answer.status_code == 200, answer.text


async def demand_confirmation(client: Client) -> None:
    body = {"kind": "promotional", "confirm_opt_in": True}
    assert (await client.put("/api/v1/categories/news", json=body)).status_code == 200


async def reason_of_the_next(client: Client) -> str:
    id_ = await accept(client, category="news", channels=["email"])
    [delivery] = (await client.get(f"/api/v1/notifications/{id_}")).json()["deliveries"]
    return str(delivery["reason_code"])


async def requests(client: Client) -> list[dict[str, Any]]:
    items = (await client.get("/api/v1/notifications", params={"user_id": 1})).json()["items"]
    details = [(await client.get(f"/api/v1/notifications/{item['id']}")).json() for item in items]
    return [one for one in details if (one["reference"] or "").startswith(REFERENCE)]


async def decisions(client: Client) -> list[str]:
    items = (await client.get("/api/v1/users/1/consents", params={"category": "news"})).json()["items"]
    return [item["decision"] for item in reversed(items) if item["category"] == "news"]


def path_in(message: str) -> str:
    found = re.search(r"/confirm/[\w-]+", message)
    assert found, message
    return found.group()


async def test_an_opt_in_counts_once_the_user_has_confirmed_it_by_the_link(caller: Client) -> None:
    assert (await caller.put(PREFERENCES, json=OUT)).status_code == 200
    await accept(caller, channels=["email"])  # so that an address of the user is known
    await demand_confirmation(caller)

    await opt_in(caller)
    await opt_in(caller, "daily")
    await opt_in(caller)
    [request] = await requests(caller)
    assert (request["category"], [one["channel"] for one in request["deliveries"]]) == ("account", ["email"])
    assert request["title"].startswith("Confirme, por favor")
    path = path_in(request["message"])
    assert await reason_of_the_next(caller) == "opt_in_unconfirmed"

    shown = [await caller.get(path) for _ in range(2)]
    assert {one.status_code for one in shown} == {200}
    assert 'method="post"' in shown[0].text
    assert await reason_of_the_next(caller) == "opt_in_unconfirmed"

    done = [await caller.post(path) for _ in range(2)]
    assert [one.status_code for one in done] == [200, 200]
    assert done[0].text == done[1].text
    assert await reason_of_the_next(caller) == "category_wanted"
    assert await decisions(caller) == ["opted_out", "requested", "confirmed"]

    await opt_in(caller, "never")
    late = await caller.post(path)
    assert (late.status_code, "nothing to confirm" in late.text) == (404, True)
    assert await reason_of_the_next(caller) == "category_refused"


async def test_preferences_show_which_opt_ins_wait_for_confirmation(lite: Client) -> None:
    await demand_confirmation(lite)
    wanted = {"email_enabled": True, "sms_enabled": False, "categories": {"news": {"email": "asap"}}}
    posted = await lite.post("/api/v1/preferences/2", json=wanted)
    put = await lite.put("/api/v1/preferences/3", json=wanted)
    read = await lite.get("/api/v1/preferences/3")
    for answer in (posted, put, read):
        waiting = answer.json().pop("unconfirmed")["news"]
        assert (waiting.keys(), answer.json()) == ({"email"}, {**wanted, "unconfirmed": {"news": waiting}})
    until = datetime.fromisoformat(read.json()["unconfirmed"]["news"]["email"])
    assert timedelta(days=6) < until - SameDay().now() <= timedelta(days=7)

    again = await lite.put("/api/v1/preferences/3", json=read.json())
    changed = await lite.patch("/api/v1/preferences/3", json={"language": "es", "unconfirmed": {}})
    assert [one.json()["unconfirmed"] for one in (again, changed)] == [read.json()["unconfirmed"]] * 2
    out = await lite.patch("/api/v1/preferences/3", json={"categories": {"news": {"email": "never"}}})
    assert "unconfirmed" not in out.json()


async def test_a_link_that_cannot_be_used_changes_nothing(lite: Client) -> None:
    await lite.put(PREFERENCES, json=OUT)
    await accept(lite, channels=["email"])
    await demand_confirmation(lite)
    await opt_in(lite)
    [request] = await requests(lite)
    email, later = Channel("email"), SameDay().now().replace(microsecond=0) + timedelta(days=1)
    link = Link(1, email, "news", expires_at=later)
    unusable = [
        path_in(request["message"])[:-2] + "xA",
        f"/confirm/{TOKENS.make(Purpose.CONFIRM, link)}",
        f"/confirm/{TOKENS.make(Purpose.CONFIRM, link._replace(expires_at=later - timedelta(days=2)))}",
        f"/confirm/{TOKENS.make(Purpose.CONFIRM, link._replace(expires_at=None))}",
        f"/confirm/{TOKENS.make(Purpose.UNSUBSCRIBE, link)}",
        f"/confirm/{TOKENS.make(Purpose.CONFIRM, link._replace(user_id=2))}",
    ]

    answers = [await lite.post(path) for path in unusable]

    assert [answer.status_code for answer in answers] == [404] * len(unusable)
    assert len({answer.text for answer in answers}) == 1
    assert await reason_of_the_next(lite) == "opt_in_unconfirmed"
    assert await decisions(lite) == ["opted_out", "requested"]


async def test_who_was_opted_in_before_stays_so(lite: Client) -> None:
    await lite.put(PREFERENCES, json={"email_enabled": True, "sms_enabled": False})
    await demand_confirmation(lite)

    assert (await lite.patch(PREFERENCES, json={"language": "en"})).status_code == 200

    assert await reason_of_the_next(lite) == "user_opted_in"
    assert await requests(lite) == []


async def test_a_required_category_cannot_demand_confirmation(lite: Client) -> None:
    body = {"kind": "transactional", "required": True, "confirm_opt_in": True}

    assert (await lite.put("/api/v1/categories/news", json=body)).status_code == 422
