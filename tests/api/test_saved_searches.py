"""Saved searches over HTTP, on each store."""

import asyncio
import json
from typing import Any
from uuid import UUID

import httpx2
import pytest

from property_alert_notification.homes.criteria.evaluate import evaluate
from tests.api.conftest import a_client
from tests.services.profiled import calls_of

PATH = "/api/v1/users/1/saved-searches"
CRITERIA = {"City": ["Seattle"], "ListPrice": {"max": 650_000, "currency": "USD"}, "BedroomsTotal": {"min": 3}}
SEARCH: dict[str, Any] = {"SavedSearchName": "Near work", "Criteria": CRITERIA}
LISTING = {
    "StandardStatus": "Active",
    "ModificationTimestamp": "2026-11-27T17:05:00Z",
    "City": "Seattle",
    "ListPrice": 600_000,
    "currency": "USD",
    "BedroomsTotal": 3,
    "UnparsedAddress": "11515 Pinehurst Way NE",
}


async def save(client: httpx2.AsyncClient, path: str = PATH, **fields: Any) -> dict[str, Any]:
    answer = await client.post(path, json=SEARCH | fields)
    assert answer.status_code == 201, answer.text
    saved: dict[str, Any] = answer.json()
    return saved


async def list_homes(client: httpx2.AsyncClient, *homes: dict[str, Any]) -> None:
    records = [
        LISTING | {"ListingKey": str(number), "UnparsedAddress": f"{number} Pinehurst Way NE"} | home
        for number, home in enumerate(homes)
    ]
    answer = await client.post("/api/v1/listing-events", json={"value": records})
    assert {one["status"] for one in answer.json()["results"]} == {"accepted"}, answer.text


async def test_a_long_query_is_compared_in_a_thread_so_that_other_calls_are_answered(
    client: httpx2.AsyncClient,
) -> None:
    await list_homes(client, {})
    words = " or ".join(f"contains(tolower(UnparsedAddress),'{number} pinehurst')" for number in range(90))

    with calls_of(evaluate) as calls:
        answer = await client.post(PATH, json={"SavedSearchName": "Long", "SearchQuery": words})
        found = answer.json()
        answers = [await client.patch(f"{PATH}/{found['SavedSearchKey']}", json={"SearchQuery": f"({words})"})]

    assert (answer.status_code, [one.status_code for one in answers]) == (201, [200]), answer.text
    assert (found["ExpectedPerDay"], calls()) == (1.0, 0)


async def test_a_search_is_saved_read_changed_paused_resumed_and_deleted(client: httpx2.AsyncClient) -> None:
    saved = await save(client, ScheduleType="daily", DailySchedule=["MondayAM", "MondayAM"], Channels=["email"])
    path = f"{PATH}/{saved['SavedSearchKey']}"
    assert (saved["Criteria"], saved["SearchQuery"], saved["SearchQueryType"]) == (CRITERIA, None, "Criteria")
    assert (saved["ScheduleType"], saved["DailySchedule"], saved["Channels"]) == ("Daily", ["MondayAM"], ["email"])
    assert saved["ChangeTypes"] == ["New Listing", "Price Change", "Back On Market", "Open House"]
    assert (saved["ActiveYN"], saved["ReasonActiveOrDisabled"], saved["Version"]) == (True, None, 1)

    read = await client.get(path)
    changed = await client.patch(path, json={"ScheduleType": "ASAP", "ChangeTypes": ["PriceChange"], "Version": 1})
    paused = await client.post(f"{path}/pause")
    again = await client.post(f"{path}/pause")
    resumed = await client.post(f"{path}/resume")
    deleted = await client.delete(path)
    gone = await client.get(path)

    assert (read.json(), read.headers["ETag"]) == (saved, '"1"')
    assert (changed.json()["ScheduleType"], changed.json()["DailySchedule"]) == ("ASAP", [])
    assert (changed.json()["ChangeTypes"], changed.json()["Version"]) == (["Price Change"], 2)
    states = [
        [one.json()[name] for name in ("ActiveYN", "ReasonActiveOrDisabled", "Version")]
        for one in (changed, paused, again, resumed)
    ]
    assert states == [
        [True, "Revised", 2],
        [False, "Client Disabled", 3],
        [False, "Client Disabled", 3],
        [True, "Re-Activated", 4],
    ]
    assert (deleted.status_code, gone.status_code) == (204, 404)


@pytest.mark.parametrize("kind", ["application/json", "application/json; charset=utf-8"])
async def test_the_fast_path_answers_as_the_route_does(lite: httpx2.AsyncClient, kind: str) -> None:
    """The fast path takes only the first kind."""
    headers = {"Content-Type": kind, "Idempotency-Key": "once", "If-Match": '"1"'}
    saved = [await lite.post(f"{PATH}/", content=json.dumps(SEARCH), headers=headers) for _ in range(2)]
    path = f"{PATH}/{saved[0].json()['SavedSearchKey']}"
    change = json.dumps({"ScheduleType": "Daily"})
    changed = [await lite.patch(path, content=change, headers=headers) for _ in range(2)]
    unknown = await lite.patch(f"{PATH}/{UUID(int=1)}", content=change, headers=headers)
    no_key = await lite.post(PATH, content=json.dumps(SEARCH), headers=headers | {"Idempotency-Key": "x" * 256})
    invalid = await lite.post(PATH, content="{}", headers=headers)
    figures = (await lite.get("/metrics")).text

    assert [one.status_code for one in (*saved, *changed)] == [201, 201, 200, 412]
    assert saved[0].text == saved[1].text
    assert saved[1].headers["Idempotency-Replayed"] == "true"
    assert (changed[0].headers["ETag"], changed[0].json()["ScheduleType"]) == ('"2"', "Daily")
    assert [one.status_code for one in (unknown, no_key, invalid)] == [404, 422, 422]
    assert no_key.json()["detail"][0]["loc"] == ["header", "Idempotency-Key"]
    template = "/api/v1/users/{user_id}/saved-searches"
    assert f'method="POST",route="{template}",status="201"}} 2.0' in figures
    assert f'method="PATCH",route="{template}/{{key}}",status="200"}} 1.0' in figures


async def test_a_filter_is_kept_as_it_was_given(client: httpx2.AsyncClient) -> None:
    saved = await save(client, Criteria=None, SearchQuery="BedroomsTotal le 3", SearchQueryType="OdataFilter")

    assert (saved["SearchQuery"], saved["SearchQueryType"], saved["Criteria"]) == (
        "BedroomsTotal le 3",
        "$filter",
        None,
    )


async def test_a_change_of_an_old_version_changes_nothing_and_names_the_current_one(client: httpx2.AsyncClient) -> None:
    path = f"{PATH}/{(await save(client))['SavedSearchKey']}"
    await client.patch(path, json={"SavedSearchName": "Second"})

    by_body = await client.patch(path, json={"SavedSearchName": "Third", "Version": 1})
    late = {"If-Match": '"1"'}
    by_header = [
        await client.patch(path, json={"SavedSearchName": "Third"}, headers=late),
        await client.post(f"{path}/pause", headers=late),
        await client.delete(path, headers=late),
    ]
    weak = await client.patch(path, json={"SavedSearchName": "Third"}, headers={"If-Match": 'W/"2"'})
    no_tag = await client.delete(path, headers={"If-Match": "2"})
    current = await client.patch(path, json={"SavedSearchName": "Third"}, headers={"If-Match": '"7", "2"'})

    assert (by_body.status_code, [one.status_code for one in by_header]) == (409, [412, 412, 412])
    assert weak.status_code == 412  # RFC 9110, 13.1.1: a weak tag never matches
    assert all("current version is 2" in one.json()["detail"] for one in (by_body, weak, *by_header))
    assert (no_tag.status_code, no_tag.json()["detail"][0]["loc"]) == (422, ["header", "If-Match"])
    assert (current.status_code, current.json()["Version"]) == (200, 3)


async def test_every_answer_with_a_search_has_its_version_as_its_tag(client: httpx2.AsyncClient) -> None:
    once = {"Idempotency-Key": "created"}
    made = [await client.post(PATH, json=SEARCH, headers=once) for _ in range(2)]
    path = f"{PATH}/{made[0].json()['SavedSearchKey']}"
    calls = [("POST", f"{path}/{what}", None) for what in ("pause", "pause", "resume", "viewed")]
    calls += [("GET", path, None), ("PATCH", path, {"SavedSearchName": "Third"})]

    answers = made + [await client.request(method, where, json=body) for method, where, body in calls]

    for answer in answers:
        assert answer.headers["ETag"] == f'"{answer.json()["Version"]}"'


async def test_a_change_without_a_difference_is_no_new_version(client: httpx2.AsyncClient) -> None:
    saved = await save(client)
    await list_homes(client, {})  # other alerts are expected by now

    same = await client.patch(f"{PATH}/{saved['SavedSearchKey']}", json=SEARCH)

    assert (same.status_code, same.json()) == (200, saved)


REFUSED: list[tuple[dict[str, Any], list[Any], str]] = [
    ({"Criteria": None}, ["body"], "has no query"),
    ({"SearchQuery": "ListPrice le 1"}, ["body"], "both SearchQuery and Criteria"),
    ({"SearchQueryType": "$filter"}, ["body"], "without SearchQuery"),
    ({"Criteria": None, "SearchQuery": "City eq null", "SearchQueryType": "Criteria"}, ["body"], "without Criteria"),
    ({"Criteria": None, "SearchQuery": "x", "SearchQueryType": "DMQL2"}, ["body", "SearchQueryType"], "DMQL2"),
    ({"Criteria": {"ListPrice": {"min": 2, "max": 1}}}, ["body", "Criteria.ListPrice.min"], "more than"),
    ({"Criteria": {"Bedrooms": {"min": 2}}}, ["body", "Criteria.Bedrooms"], "BedroomsTotal"),
    ({"ScheduleType": "Hourly"}, ["body", "ScheduleType"], "one of"),
    ({"ScheduleType": "ASAP", "DailySchedule": ["MondayAM"]}, ["body", "DailySchedule"], "empty"),
    ({"ScheduleType": "Weekly", "DailySchedule": ["MondayAM", "FridayPM"]}, ["body", "DailySchedule"], "one"),
    ({"DailySchedule": ["MondayNoon"]}, ["body", "DailySchedule", 0], "one of"),
    ({"Channels": ["pigeon"]}, ["body", "Channels", 0], "one of"),
    ({"ChangeTypes": []}, ["body", "ChangeTypes"], "1 or more"),
    ({"ChangeTypes": ["Painted"]}, ["body", "ChangeTypes", 0], "one of"),
    ({"SavedSearchName": ""}, ["body", "SavedSearchName"], "1 or more"),
    ({"SavedSearchName": " \u00a0"}, ["body", "SavedSearchName"], "must not be blank"),
    ({"SearchName": "x"}, ["body"], "unknown field"),
]
"""Fields of a search, the place that the answer names, and what it says."""


async def test_what_cannot_be_understood_is_refused_with_its_place(lite: httpx2.AsyncClient) -> None:
    for fields, place, words in REFUSED:
        body = {name: value for name, value in (SEARCH | fields).items() if value is not None}
        answer = await lite.post(PATH, json=body)

        [fault] = answer.json()["detail"]
        assert (answer.status_code, fault["loc"]) == (422, place)
        assert words in fault["msg"]


async def test_searches_of_other_users_are_not_found(client: httpx2.AsyncClient) -> None:
    key = (await save(client))["SavedSearchKey"]
    other = f"/api/v1/users/2/saved-searches/{key}"

    answers = [
        await client.get(other),
        await client.patch(other, json={"SavedSearchName": "Mine"}),
        await client.post(f"{other}/pause"),
        await client.post(f"{other}/resume"),
        await client.delete(other),
    ]

    assert {one.status_code for one in answers} == {404}
    assert (await client.get("/api/v1/users/2/saved-searches")).json() == {"items": [], "next": None}
    assert (await client.get(f"{PATH}/{key}")).json()["Version"] == 1


async def test_a_list_has_pages_and_can_be_narrowed(client: httpx2.AsyncClient) -> None:
    keys = [(await save(client, SavedSearchName=f"Search {number}"))["SavedSearchKey"] for number in range(3)]
    await client.post(f"{PATH}/{keys[1]}/pause")

    first = (await client.get(PATH, params={"limit": 2})).json()
    second = (await client.get(PATH, params={"limit": 2, "cursor": first["next"]})).json()
    active = (await client.get(PATH, params={"active": True})).json()["items"]

    assert [one["SavedSearchKey"] for one in first["items"] + second["items"]] == keys[::-1]
    assert second["next"] is None
    assert [one["SavedSearchKey"] for one in active] == [keys[2], keys[0]]


async def test_a_user_has_as_many_searches_as_the_setting_allows(
    store_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SEARCH_LIMIT_PER_USER", "2")
    async with a_client(database_url=store_url) as client:
        together = await asyncio.gather(*(client.post(PATH, json=SEARCH) for _ in range(4)))
        *saved, refused, last = sorted(together, key=lambda one: one.status_code)
        other = await save(client, "/api/v1/users/2/saved-searches")
        await client.delete(f"{PATH}/{saved[0].json()['SavedSearchKey']}")
        allowed = await client.post(PATH, json=SEARCH)

    assert [one.status_code for one in (*saved, refused, last, allowed)] == [201, 201, 409, 409, 201]
    assert (other["Version"], "SEARCH_LIMIT_PER_USER" in refused.json()["detail"]) == (1, True)


async def test_an_answer_can_be_sent_back_without_the_fields_that_are_read_only(client: httpx2.AsyncClient) -> None:
    saved = await save(client)
    path = f"{PATH}/{saved['SavedSearchKey']}"
    refused = await client.patch(path, json=saved)
    read_only = {one["loc"][-1] for one in refused.json()["detail"]}

    again = await client.patch(path, json={name: saved[name] for name in saved.keys() - read_only})

    assert again.status_code == 200, again.text
    changing = ("Version", "ModificationTimestamp", "ReasonActiveOrDisabled")
    assert {**again.json(), **{name: saved[name] for name in changing}} == saved


async def test_a_repeated_call_saves_one_search(client: httpx2.AsyncClient) -> None:
    key = {"Idempotency-Key": "one"}
    together = await asyncio.gather(*(client.post(PATH, json=SEARCH, headers=key) for _ in range(4)))
    later = await client.post(PATH, json=SEARCH, headers=key)
    another = await client.post(PATH, json=SEARCH | {"SavedSearchName": "Another"}, headers=key)

    assert {one.text for one in together} == {later.text}
    assert ["Idempotency-Replayed" in one.headers for one in (*together, later)].count(False) == 1
    assert (later.status_code, another.status_code) == (201, 422)
    assert len((await client.get(PATH)).json()["items"]) == 1


async def test_a_call_whose_key_has_expired_saves_another_search(store_url: str) -> None:
    async with a_client(database_url=store_url, idempotency_hours=1e-9) as client:
        answers = [await client.post(PATH, json=SEARCH, headers={"Idempotency-Key": "one"}) for _ in range(2)]

    assert [one.status_code for one in answers] == [201, 201]
    assert len({one.json()["SavedSearchKey"] for one in answers}) == 2


async def test_the_sentence_is_in_the_language_of_the_user(client: httpx2.AsyncClient) -> None:
    english = await save(client)
    await client.put("/api/v1/users/1/profile", json={"language": "es-MX"})
    path = f"{PATH}/{english['SavedSearchKey']}"

    spanish = (await client.get(path)).json()["SearchQueryHumanReadable"]

    assert spanish == "Viviendas en Seattle, 3 o más dormitorios, hasta $650,000"
    preview = (await client.post(f"{PATH}/preview", json={"Criteria": CRITERIA})).json()
    assert [one["message"] for one in preview["Warnings"]] == [
        "Ahora no hay ningún anuncio que coincida: amplíe una condición."
    ]
    assert (await client.get(PATH)).json()["items"][0]["SearchQueryHumanReadable"] == spanish
    await client.put("/api/v1/preferences/1", json={"email_enabled": True, "sms_enabled": True, "language": "en"})
    assert (await client.get(path)).json()["SearchQueryHumanReadable"] == english["SearchQueryHumanReadable"]


async def test_what_to_expect_is_said_when_a_search_is_saved(store_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEARCH_TOO_MANY_MATCHES", "2")
    async with a_client(database_url=store_url) as client:
        unknown = await save(client)
        await list_homes(
            client, {"ModificationTimestamp": "2026-11-20T17:05:00Z"}, {"City": "Tacoma"}, {}, {"ListPrice": 500_000}
        )
        wide = await save(client)
        empty = await save(client, Criteria={"City": ["Nowhere"]})
        path = f"{PATH}/{wide['SavedSearchKey']}"
        kinds = [{"ChangeTypes": ["Price Change"]}, {"ChangeTypes": None, "Criteria": {}}]
        edited = [(await client.patch(path, json=one)).json()["ExpectedPerDay"] for one in kinds]

    assert edited == [0, pytest.approx(4 / 7, abs=0.01)]
    assert (unknown["ExpectedPerDay"], unknown["Warnings"][0]["code"]) == (None, "matches_nothing")
    assert wide["ExpectedPerDay"] == pytest.approx(3 / 7, abs=0.01)
    assert [one["code"] for one in wide["Warnings"]] == ["matches_too_many"]
    assert (empty["ExpectedPerDay"], [one["code"] for one in empty["Warnings"]]) == (0, ["matches_nothing"])


async def test_a_preview_shows_what_matches_and_what_to_change(client: httpx2.AsyncClient) -> None:
    parts = {"UnparsedAddress": None, "StreetNumber": "1501", "StreetName": "Pacific", "StreetSuffix": "Ave"}
    hidden = {"ModificationTimestamp": "2026-11-28T17:05:00Z", "InternetAddressDisplayYN": False}
    await list_homes(
        client,
        {},
        {"City": "Tacoma"} | parts,
        {"City": "Tacoma"} | parts | hidden | {"StreetNumber": "1503"},
        {"ListPrice": 700_000},
        {"InternetEntireListingDisplayYN": False},
        {"StandardStatus": "Closed"},
    )

    found = (await client.post(f"{PATH}/preview", json={"Criteria": CRITERIA})).json()
    tacoma = (await client.post(f"{PATH}/preview", json={"Criteria": CRITERIA | {"City": ["Tacoma"]}})).json()
    nothing = (await client.post(f"{PATH}/preview", json={"Criteria": CRITERIA | {"City": ["Ballard"]}})).json()

    assert (found["MatchesNow"], found["ExactYN"], found["ListingsCompared"]) == (1, True, 5)
    assert found["ConditionsExactYN"]
    assert [one["MatchesWithout"] for one in found["Conditions"]] == [3, 2, 1]
    assert (found["Warnings"], found["Advice"]) == ([], None)
    assert [one["ListingKey"] for one in tacoma["Listings"]] == ["2", "1"]
    assert [one.get("UnparsedAddress") for one in tacoma["Listings"]] == [None, "1501 Pacific Ave"]
    assert [one["code"] for one in nothing["Warnings"]] == ["matches_nothing"]
    assert nothing["Conditions"][0]["Condition"] in nothing["Advice"]
    assert "3" in nothing["Advice"]
    assert (await client.get(PATH)).json()["items"] == []


async def test_a_home_of_several_agents_counts_once(client: httpx2.AsyncClient) -> None:
    same = {"UniversalPropertyId": "US-53033-N-6414100192-R-N"}
    await list_homes(client, same, {})
    await list_homes(client, same | {"ListingKey": "b", "OriginatingSystemName": "b"})

    found = (await client.post(f"{PATH}/preview", json={"Criteria": CRITERIA})).json()

    assert (found["MatchesNow"], found["ListingsCompared"], len(found["Listings"])) == (2, 3, 2)
    assert {one["MatchesWithout"] for one in found["Conditions"]} == {2}


async def test_a_preview_is_repeated_by_its_key(client: httpx2.AsyncClient) -> None:
    options: dict[str, Any] = {"json": {"Criteria": CRITERIA}, "headers": {"Idempotency-Key": "look"}}

    first, second = [await client.post(f"{PATH}/preview", **options) for _ in range(2)]

    assert (first.json(), second.headers["Idempotency-Replayed"]) == (second.json(), "true")


async def test_a_large_area_and_many_words_are_refused_or_kept(lite: httpx2.AsyncClient) -> None:
    words = [f"{'x' * 250}{number}" for number in range(200)]
    large = await lite.post(PATH, json=SEARCH | {"Criteria": {"City": words, "Keywords": words}})
    deep: Any = []
    for _ in range(100):
        deep = [deep]
    nested = await lite.post(PATH, json=SEARCH | {"Criteria": {"Area": {"type": "Polygon", "coordinates": deep}}})

    assert (large.status_code, large.json()["detail"][0]["loc"]) == (422, ["body", "Criteria"])
    assert nested.status_code == 422
    assert json.dumps(nested.json()).startswith("{")
    UUID((await save(lite))["SavedSearchKey"])


@pytest.mark.parametrize("stray", ["\x00", "\ud800", "\x1f"])
async def test_characters_that_no_store_keeps_are_refused(client: httpx2.AsyncClient, stray: str) -> None:
    texts: list[dict[str, Any]] = [
        {"SavedSearchName": f"Near{stray}work"},
        {"Criteria": {"City": [f"Seattle{stray}"]}},
        {"Criteria": {f"City{stray}": ["Seattle"]}},
        {"Criteria": {"Keywords": {"all": [f"pool{stray}"]}}},
        {"Criteria": None, "SearchQuery": f"City eq 'Seattle{stray}'"},
    ]
    saved, is_json = await save(client), {"Content-Type": "application/json"}
    for fields in texts:
        created = await client.post(PATH, content=json.dumps(SEARCH | fields), headers=is_json)
        changed = await client.patch(f"{PATH}/{saved['SavedSearchKey']}", content=json.dumps(fields), headers=is_json)
        assert (created.status_code, changed.status_code) == (422, 422), (created.text, changed.text)
    preview = await client.post(f"{PATH}/preview", content=json.dumps(texts[1]), headers=is_json)
    assert preview.status_code == 422, preview.text
