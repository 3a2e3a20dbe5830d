"""Pushed events of RESO's EntityEvent resource over HTTP."""

from typing import Any

import httpx2
import pytest

from property_alert_notification.homes.feeds import routes
from property_alert_notification.homes.feeds.settings import FeedSettings

PATH = "/api/v1/reso/entity-events"
CONTEXT = "urn:reso:metadata:2.0:resource:entityevent"
EVENT: dict[str, Any] = {"EntityEventSequence": 7, "ResourceName": "Property", "ResourceRecordKey": "6414100192"}


async def test_an_event_may_come_alone_or_in_a_batch_with_fields_and_headers_of_the_sender(
    client: httpx2.AsyncClient,
) -> None:
    more = EVENT | {"EventTypes": ["PriceChange"], "FeedTypes": ["IDX"]}
    headers = {"EntityEventSource": "nwmls", "X-Of-The-Sender": "yes"}

    alone = await client.post(PATH, json=more, headers=headers)
    batch = await client.post(PATH, json={"@reso.context": CONTEXT, "value": [more, EVENT]}, headers=headers)

    assert (alone.status_code, _counts(alone)) == (200, {"queued": 1, "ignored": 0, "refused": []})
    assert _counts(batch) == {"queued": 1, "ignored": 0, "refused": []}


def _counts(answer: httpx2.Response) -> dict[str, Any]:
    return {name: value for name, value in answer.json().items() if name != "warning"}


NWMLS, CRMLS = (FeedSettings(url="http://127.0.0.1:9/odata", event_source=name) for name in ("", "crmls-push"))


@pytest.mark.parametrize(
    ("source", "feeds", "known"),
    [
        ("nwmls", {}, "no feed is configured"),
        ("", {}, "no feed is configured"),
        ("other", {"nwmls": NWMLS, "crmls": CRMLS}, "the sources of feeds are nwmls, crmls-push"),
        ("crmls", {"nwmls": NWMLS, "crmls": CRMLS}, "the sources of feeds are nwmls, crmls-push"),
        ("", {"nwmls": NWMLS, "crmls": CRMLS}, "name one in the header"),
        ("NWMLS", {"nwmls": NWMLS, "crmls": CRMLS}, None),
        ("crmls-push", {"nwmls": NWMLS, "crmls": CRMLS}, None),
    ],
)
def test_events_that_no_feed_takes_are_answered_with_a_warning(
    source: str, feeds: dict[str, FeedSettings], known: str | None
) -> None:
    warning = routes.warning_of(source, feeds)

    assert (warning is None) if known is None else (known in str(warning))
    assert warning is None or "EntityEventSource" in warning


@pytest.mark.parametrize(
    ("source", "expands", "reads"),
    [
        ("nwmls", {"nwmls": "Media,OpenHouse", "crmls": None}, True),
        ("CRMLS", {"nwmls": "OpenHouse", "crmls": "Media"}, False),
        ("other", {"nwmls": "OpenHouse", "crmls": "OpenHouse"}, False),
        ("other", {"nwmls": "OpenHouse"}, True),
        ("nwmls", {"nwmls": None}, False),
        ("nwmls", {}, False),
    ],
)
def test_events_about_open_houses_are_read_if_their_feed_has_them(
    source: str, expands: dict[str, str | None], reads: bool
) -> None:
    feeds = {name: FeedSettings(url="http://127.0.0.1:9/odata", expand=expand) for name, expand in expands.items()}

    assert routes.reads_open_houses(source, feeds) is reads


async def test_the_warning_is_in_the_answer(client: httpx2.AsyncClient) -> None:
    answer = await client.post(PATH, json=EVENT, headers={"EntityEventSource": "unknown"})

    assert (answer.status_code, answer.json()["queued"]) == (200, 1)
    assert answer.json()["warning"] == routes.warning_of("unknown", {})


async def test_an_event_that_cannot_be_understood_does_not_affect_its_neighbours(client: httpx2.AsyncClient) -> None:
    events = [
        EVENT,
        {"ResourceName": "Property"},
        EVENT | {"ResourceName": "Member"},
        EVENT | {"ResourceRecordKey": ""},
    ]

    answer = (await client.post(PATH, json={"value": events})).json()

    assert (answer["queued"], answer["ignored"]) == (1, 1)
    assert [one["position"] for one in answer["refused"]] == [1, 3]
    assert answer["refused"][0]["error"]["detail"][0]["loc"] == ["body", "value", 1, "EntityEventSequence"]


async def test_a_batch_may_have_as_many_events_as_a_server_sends_at_once(client: httpx2.AsyncClient) -> None:
    url = {"ResourceRecordUrl": f"https://api.example.com/reso/odata/Property('{'6414100192' * 20}')"}

    answer = await client.post(PATH, json={"value": [EVENT | url] * 1_000})

    assert _counts(answer) == {"queued": 1, "ignored": 0, "refused": []}


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "ResourceName"),
        (EVENT | {"EntityEventSequence": 2**63}, "EntityEventSequence"),
        ({"value": [EVENT] * 1_001}, "value"),
        ({"value": EVENT}, "value"),
        (EVENT | {"@reso.context": "urn:reso:metadata:2.0:resource:property"}, "@reso.context"),
    ],
)
async def test_a_body_without_events_is_refused(client: httpx2.AsyncClient, body: Any, field: str) -> None:
    answer = await client.post(PATH, json=body)

    assert answer.status_code == 422
    assert answer.json()["detail"][0]["loc"] == ["body", field]


async def test_no_more_events_are_taken_while_too_many_wait(
    client: httpx2.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(routes, "MOST_WAITING", 2)
    for sequence in (1, 2):
        assert (await client.post(PATH, json=EVENT | {"EntityEventSequence": sequence})).status_code == 200

    refused = await client.post(PATH, json=EVENT)

    assert refused.status_code == 429
    assert int(refused.headers["Retry-After"]) > 0
