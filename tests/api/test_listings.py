"""Listing events over HTTP, and what is known of a listing."""

import json
from collections.abc import AsyncIterator
from typing import Any

import httpx2
import pytest

from property_alert_notification.base.vocabulary import Scope
from tests.api.conftest import a_guarded_client

EVENTS, LISTINGS = "/api/v1/listing-events", "/api/v1/listings"
RECORD: dict[str, Any] = {
    "ListingKey": "6414100192",
    "ModificationTimestamp": "2026-11-27T17:05:00Z",
    "StandardStatus": "Active",
    "ListPrice": 538000,
}


async def test_one_record_is_accepted_and_read_back(client: httpx2.AsyncClient) -> None:
    answer = await client.post(EVENTS, json=RECORD)

    assert answer.status_code == 200, answer.text
    assert answer.json() == {"results": [{"ListingKey": "6414100192", "status": "accepted"}]}
    assert (await client.get(f"{LISTINGS}/6414100192")).json() == RECORD | {"currency": "USD"}
    history = (await client.get(f"{LISTINGS}/6414100192/history")).json()
    assert [fact["ChangeType"] for fact in history["items"]] == ["New Listing"]
    assert history["next"] is None
    assert history["other_listings"] == []


async def test_characters_that_no_store_keeps_do_not_harm_the_neighbours(client: httpx2.AsyncClient) -> None:
    records = [
        RECORD | {"City": "Seattle\x00", "UnparsedAddress": "1\ud800 Elm\x0bSt"},
        RECORD | {"ListingKey": "2\ud800"},
        RECORD | {"ListingKey": "3", "Local\x00": 1},
        RECORD | {"ListingKey": "4", "Local": [{"a\ud800": 1}]},
        RECORD | {"ListingKey": "5"},
    ]

    body = json.dumps({"value": records})
    answer = await client.post(EVENTS, content=body, headers={"Content-Type": "application/json"})

    assert answer.status_code == 200, answer.text
    results = answer.json()["results"]
    assert [one["status"] for one in results] == ["accepted", "refused", "refused", "refused", "accepted"]
    stored = (await client.get(f"{LISTINGS}/6414100192")).json()
    assert (stored["City"], stored["UnparsedAddress"]) == ("Seattle", "1  Elm St")


async def test_a_record_that_cannot_be_read_is_refused_alone_and_its_field_is_named(client: httpx2.AsyncClient) -> None:
    start = json.dumps(RECORD)[:-1]
    wrong = {
        "ListPrice": f'{start}, "ListPrice": 538001}}',
        "TaxYear": f'{start}, "TaxYear": {"9" * 5_000}}}',
        "Deep": f'{start}, "Deep": {"[" * 2_000}{"]" * 2_000}}}',
        "YearBuilt": f'{start}, "YearBuilt": NaN}}',
    }
    batch = f'{{"value": [{", ".join(wrong.values())}, {json.dumps(RECORD)}]}}'

    answer = await client.post(EVENTS, content=batch, headers={"Content-Type": "application/json"})

    assert answer.status_code == 200, answer.text
    results = answer.json()["results"]
    assert [one["status"] for one in results] == [*["refused"] * len(wrong), "accepted"]
    assert [one["error"]["detail"][0]["loc"] for one in results[:-1]] == [
        ["body", "value", place, field] for place, field in enumerate(wrong)
    ]
    for field, record in wrong.items():
        alone = await client.post(EVENTS, content=record, headers={"Content-Type": "application/json"})
        assert alone.json()["results"][0]["error"]["detail"][0]["loc"] == ["body", field]


async def test_each_record_of_a_batch_has_a_result_and_a_wrong_one_affects_no_other(client: httpx2.AsyncClient) -> None:
    records = [RECORD, RECORD | {"ListPrice": "450.000"}, {"ListingKey": "2"}, 7, RECORD, RECORD | {"ListingKey": 3}]

    answer = await client.post(
        EVENTS, json={"@reso.context": "urn:reso:metadata:2.0:resource:property", "value": records}
    )

    results = answer.json()["results"]
    assert [(one["ListingKey"], one["status"]) for one in results] == [
        ("6414100192", "accepted"),
        ("6414100192", "refused"),
        ("2", "refused"),
        (None, "refused"),
        ("6414100192", "unchanged"),
        ("3", "accepted"),
    ]
    assert results[1]["error"]["detail"] == [
        {
            "type": "value_error",
            "loc": ["body", "value", 1, "ListPrice"],
            "msg": "could be thousands or decimals: send it as a JSON number",
        }
    ]
    assert results[2]["error"]["detail"][0]["loc"] == ["body", "value", 2, "ModificationTimestamp"]
    again = (await client.post(EVENTS, json={"value": [RECORD]})).json()
    assert again["results"][0]["status"] == "unchanged"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"value": {}}, "value"),
        ({"value": [RECORD] * 1_001}, "value"),
        ({"@reso.context": "urn:reso:metadata:2.0:resource:member", "value": [RECORD]}, "@reso.context"),
        ([RECORD], None),
        ("text", None),
    ],
)
async def test_a_body_that_is_no_batch_is_refused(client: httpx2.AsyncClient, body: Any, field: str | None) -> None:
    answer = await client.post(EVENTS, json=body)

    assert answer.status_code == 422
    assert answer.json()["detail"][0]["loc"] == (["body"] if field is None else ["body", field])


async def test_an_empty_batch_has_no_results(client: httpx2.AsyncClient) -> None:
    assert (await client.post(EVENTS, json={"value": []})).json() == {"results": []}


async def test_a_repeated_call_gets_the_first_answer(client: httpx2.AsyncClient) -> None:
    key = {"Idempotency-Key": "events-1"}
    first = await client.post(EVENTS, json=RECORD, headers=key)
    second = await client.post(EVENTS, json=RECORD, headers=key)

    assert second.json() == first.json()
    assert second.headers["Idempotency-Replayed"] == "true"
    metrics = (await client.get("/metrics")).text
    assert 'property_alerts_listing_records_total{outcome="accepted"} 1.0' in metrics


async def test_a_history_is_read_page_by_page(client: httpx2.AsyncClient) -> None:
    hours = [
        RECORD | {"ListPrice": 538000 - hour, "ModificationTimestamp": f"2026-11-27T{10 + hour}:05:00Z"}
        for hour in range(5)
    ]
    await client.post(EVENTS, json={"value": hours})

    facts: list[dict[str, Any]] = []
    cursor: str | None = ""
    while cursor is not None:
        answer = await client.get(f"{LISTINGS}/6414100192/history?limit=2" + (cursor and f"&cursor={cursor}"))
        facts += answer.json()["items"]
        cursor = answer.json()["next"]

    assert [fact["NewValue"] for fact in facts] == [537996, 537997, 537998, 537999, "Active"]
    assert facts[0] | {"NewValue": 0} == {
        "ChangeType": "Price Change",
        "FieldName": "ListPrice",
        "PreviousValue": 537997,
        "NewValue": 0,
        "ModificationTimestamp": "2026-11-27T14:05:00Z",
        "OpenHouseKey": None,
    }


async def test_a_key_of_two_sources_needs_the_source(client: httpx2.AsyncClient) -> None:
    two = [RECORD | {"SourceSystemName": name, "ListPrice": price} for name, price in (("A", 1), ("B", 2))]
    await client.post(EVENTS, json={"value": two})

    for path in (f"{LISTINGS}/6414100192", f"{LISTINGS}/6414100192/history"):
        assert (await client.get(path)).status_code == 409
        assert (await client.get(f"{path}?source=B")).status_code == 200
        assert (await client.get(f"{path}?source=C")).status_code == 404
    assert (await client.get(f"{LISTINGS}/6414100192?source=B")).json()["ListPrice"] == 2


async def test_an_unknown_listing_is_not_found(client: httpx2.AsyncClient) -> None:
    assert (await client.get(f"{LISTINGS}/nowhere")).json()["detail"] == "Listing not found"
    assert (await client.get(f"{LISTINGS}/nowhere/history")).status_code == 404


@pytest.fixture
async def reader(store_url: str) -> AsyncIterator[httpx2.AsyncClient]:
    """A caller who may read listings only."""
    async with a_guarded_client(store_url, Scope.LISTINGS_READ) as client:
        yield client


async def test_a_caller_without_the_scope_sends_no_events(reader: httpx2.AsyncClient) -> None:
    """And what it sends is not even parsed."""
    answer = await reader.post(EVENTS, content=b"[" * 100_000, headers={"Content-Type": "application/json"})

    assert answer.status_code == 403
    assert (await reader.get(f"{LISTINGS}/1")).status_code == 404


@pytest.mark.parametrize(
    "body", [b'{"value": ' + b"[" * 100_000, b'{"ListingKey": ', b"\xff", b'{"value": [{"x": NaN}]}']
)
async def test_a_body_that_is_no_json_is_refused(client: httpx2.AsyncClient, body: bytes) -> None:
    answer = await client.post(EVENTS, content=body, headers={"Content-Type": "application/json"})

    assert answer.status_code in (400, 422) or answer.json()["results"][0]["status"] == "refused", answer.text
