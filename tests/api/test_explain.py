"""Why a user was told of a home, or was not, and what searches would have told in a period, over HTTP."""

import asyncio
from datetime import timedelta
from typing import Any

import httpx2
import pytest

from property_alert_notification.base import turns
from property_alert_notification.homes.alerts.answer_turns import AT_ONCE
from property_alert_notification.homes.alerts.explain import routes
from property_alert_notification.homes.alerts.explain.look_up import look_up
from property_alert_notification.homes.criteria.evaluate import evaluate
from tests.services.clock import SameDay
from tests.services.profiled import calls_of

PATH = "/api/v1/users/1/saved-searches"

RECORD = {
    "ListingKey": "1",
    "StandardStatus": "Active",
    "ModificationTimestamp": "2026-11-01T09:00:00Z",
    "ListPrice": 500,
}


async def test_a_home_is_explained_for_a_user(client: httpx2.AsyncClient) -> None:
    wishes = {"email_enabled": True, "sms_enabled": False, "language": "es"}
    await client.post("/api/v1/preferences/1", json=wishes)
    search = {"SavedSearchName": "Near work", "Criteria": {"ListPrice": {"max": 400}}}
    saved = await client.post("/api/v1/users/1/saved-searches", json=search)
    await client.post("/api/v1/listing-events", json=RECORD)

    with calls_of(evaluate) as calls:
        answer = await client.get("/api/v1/users/1/listings/1/explain")

    assert answer.status_code == 200, answer.text
    assert calls() == 0  # 100 searches take a while, in a thread
    explained = answer.json()
    [its] = explained["searches"]
    assert its["SavedSearchKey"] == saved.json()["SavedSearchKey"]
    assert (its["matches"], explained["shown"], explained["discarded"]) == (False, True, False)
    assert [one["met"] for one in its["conditions"]].count(False) == 1
    assert [one["outcome"] for one in explained["changes"][0]["searches"]] == ["not_yet_matched"]
    decisions = {one["channel"]: (one["reason_code"], one["reason"]) for one in explained["decisions"]}
    assert decisions["sms"] == ("user_opted_out", "el usuario no quiere recibir mensajes por SMS")
    assert explained["changes"][0]["searches"][0]["reason"] == (
        "este cambio todavía no se ha comparado con las búsquedas"
    )
    assert [one["reason"] for one in its["conditions"]] == [
        "hasta 400\N{NO-BREAK SPACE}$ → no, es 500\N{NO-BREAK SPACE}$"
    ]
    assert (await client.get("/api/v1/users/1/listings/2/explain")).status_code == 404


async def test_explanations_and_backtests_take_turns_so_that_other_calls_get_a_connection(
    lite: httpx2.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    await lite.post("/api/v1/listing-events", json=RECORD)
    answered = {"Idempotency-Key": "answered"}
    first = await lite.post(f"{PATH}/backtest", json={}, headers=answered)
    all_read, may_end = asyncio.Barrier(AT_ONCE + 1), asyncio.Event()

    async def slow(*its: Any) -> Any:
        await all_read.wait()
        await may_end.wait()
        return await look_up(*its)

    monkeypatch.setattr(routes, "look_up", slow)
    path = "/api/v1/users/1/listings/1/explain"
    reading = [asyncio.create_task(lite.get(path)) for _ in range(AT_ONCE)]
    await all_read.wait()
    monkeypatch.setattr(turns, "LONGEST_WAIT", timedelta(seconds=0.01))
    refused = [await lite.get(path), await lite.post(f"{PATH}/backtest", json={})]
    # What is stored for a key is answered without a turn.
    again = await lite.post(f"{PATH}/backtest", json={}, headers=answered)
    may_end.set()
    answers = await asyncio.gather(*reading)

    assert [(one.status_code, one.headers["Retry-After"]) for one in refused] == [(503, "1")] * 2
    assert (again.content, again.headers.get("Idempotency-Replayed")) == (first.content, "true")
    assert {one.status_code for one in answers} == {200}


async def test_conditions_are_explained_with_their_parts_and_alerts_with_the_missing_address(
    client: httpx2.AsyncClient,
) -> None:
    await client.post("/api/v1/preferences/1", json={"email_enabled": True, "sms_enabled": True})
    await client.put("/api/v1/users/1/profile", json={"email": "ada@example.com"})
    search = {"SavedSearchName": "Either", "SearchQuery": "ListPrice lt 400 or BedroomsTotal ge 3"}
    await client.post(PATH, json=search)
    await client.post("/api/v1/listing-events", json=RECORD)

    explained = (await client.get("/api/v1/users/1/listings/1/explain")).json()
    [either] = explained["searches"][0]["conditions"]
    unknown = (await client.get("/api/v1/users/2/listings/1/explain")).json()

    assert (either["test"], either["met"]) == ("or", None)
    assert [(part["field"], part["met"], part["reason"]) for part in either["parts"]] == [
        ("ListPrice", False, "less than $400 → no, it is $500"),
        ("BedroomsTotal", None, "3 or more bedrooms → the listing does not say"),
    ]
    assert explained["changes"][0]["at"] >= explained["changes"][0]["ModificationTimestamp"]
    decisions = {one["channel"]: (one["decision"], one["reason_code"], one["rule"]) for one in explained["decisions"]}
    assert decisions["sms"] == ("suppress", "no_address", "address")
    assert {one["reason_code"] for one in unknown["decisions"]} == {"no_preferences"}


async def test_a_home_that_was_discarded_is_so_under_every_listing(client: httpx2.AsyncClient) -> None:
    await client.post("/api/v1/preferences/1", json={"email_enabled": True, "sms_enabled": False})
    same = RECORD | {"UniversalPropertyId": "US-53033-N-6414100192-R-N"}
    await client.post("/api/v1/listing-events", json={"value": [same]})
    await client.post(
        "/api/v1/listing-events", json={"value": [same | {"ListingKey": "2", "OriginatingSystemName": "b"}]}
    )
    discard = {"ContactListingPreference": "Discard"}
    answer = await client.put("/api/v1/users/1/listings/1/preference", json=discard)
    assert answer.status_code == 200, answer.text

    for key in ("1", "2"):
        explained = (await client.get(f"/api/v1/users/1/listings/{key}/explain")).json()
        assert explained["discarded"] is True


async def test_a_period_is_replayed_with_saved_searches_and_with_other_queries(client: httpx2.AsyncClient) -> None:
    await client.post("/api/v1/preferences/1", json={"email_enabled": True, "sms_enabled": False})
    search = {"SavedSearchName": "Near work", "Criteria": {"ListPrice": {"max": 400}}}
    key = (await client.post(PATH, json=search)).json()["SavedSearchKey"]
    await client.post("/api/v1/listing-events", json=RECORD)
    period = {"from": (SameDay().now() - timedelta(hours=1)).isoformat()}

    as_it_is = await client.post(f"{PATH}/{key}/backtest", json={})
    edited = await client.post(f"{PATH}/{key}/backtest", json=period | {"Criteria": {"ListPrice": {"max": 600}}})
    of_user = await client.post(f"{PATH}/backtest", json=period)
    unsaved = await client.post(f"{PATH}/backtest", json=period | {"SearchQuery": "ListPrice lt 600"})

    assert [one.status_code for one in (as_it_is, edited, of_user, unsaved)] == [200] * 4, edited.text
    for answer in (as_it_is, of_user):
        assert answer.json() == {"compared": 1, "complete": True, "outcomes": {}, "changes": [], "next": None}
    for answer, its in ((edited, key), (unsaved, None)):
        found = answer.json()
        [change] = found["changes"]
        assert (change["ListingKey"], found["outcomes"]) == ("1", {"not_yet_matched": 1})
        [tested] = change["searches"]
        assert (tested["SavedSearchKey"], tested["Version"]) == (its, None)
        assert (tested["matches"], tested["matched_then"]) == (True, False)
    assert (
        await client.post(f"{PATH}/{key[:-1]}{'1' if key[-1] == '0' else '0'}/backtest", json=period)
    ).status_code == 404


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"from": "2020-01-01T00:00:00Z"}, "from"),
        ({"from": "2026-11-02T00:00:00Z", "to": "2026-11-01T00:00:00Z"}, "from"),
        ({"from": "2026-11-01"}, "from"),
        ({"to": "2020-01-01T00:00:00Z"}, "from"),
        ({"versions": "new"}, "versions"),
        ({"versions": "now", "Criteria": {}}, "versions"),
        ({"ChangeTypes": ["Price Change"]}, "ChangeTypes"),
        ({"Criteria": {"ListPrice": {"max": "much"}}}, "Criteria.ListPrice.max"),
        ({"cursor": "AQGfQ2p6cAABAgMEBQYHCAk"}, "cursor"),
        ({"limit": 501}, "limit"),
    ],
)
async def test_a_wrong_backtest_names_the_field(lite: httpx2.AsyncClient, fields: dict[str, Any], named: str) -> None:
    answer = await lite.post(f"{PATH}/backtest", json=fields)
    assert answer.status_code == 422, answer.text
    assert ".".join(map(str, answer.json()["detail"][0]["loc"][1:])) == named
