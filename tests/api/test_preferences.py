"""The preferences API: the seed's calls with the seed's answers, and those added beside them."""

import httpx2
import pytest

from tests.api.conftest import PREFERENCES


async def test_preferences_are_created_once(client: httpx2.AsyncClient) -> None:
    first = await client.post("/api/v1/preferences/1", json=PREFERENCES)
    second = await client.post("/api/v1/preferences/1", json=PREFERENCES)

    assert (first.status_code, first.json()) == (201, PREFERENCES)
    assert second.status_code == 400
    assert second.json()["detail"] == "Preferences already exist for user_id=1"


async def test_preferences_are_read_back(client: httpx2.AsyncClient) -> None:
    await client.post("/api/v1/preferences/1", json={"email_enabled": True, "sms_enabled": False})

    answer = await client.get("/api/v1/preferences/1")

    assert (answer.status_code, answer.json()) == (200, {"email_enabled": True, "sms_enabled": False})


@pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE"])
async def test_preferences_that_are_not_there_are_not_found(client: httpx2.AsyncClient, method: str) -> None:
    answer = await client.request(method, "/api/v1/preferences/404", json={} if method == "PATCH" else None)

    assert answer.status_code == 404
    assert answer.json()["detail"] == "Preference not found"
    assert "PUT /api/v1/preferences/{user_id}" in answer.json()["hint"]


async def test_put_creates_and_replaces(client: httpx2.AsyncClient) -> None:
    for preferences in (PREFERENCES, {"email_enabled": False, "sms_enabled": True}):
        answer = await client.put("/api/v1/preferences/1", json=preferences)
        assert (answer.status_code, answer.json()) == (200, preferences)
        assert (await client.get("/api/v1/preferences/1")).json() == preferences


async def test_patch_changes_only_the_fields_in_its_body(client: httpx2.AsyncClient) -> None:
    await client.post("/api/v1/preferences/1", json=PREFERENCES)

    answer = await client.patch("/api/v1/preferences/1", json={"sms_enabled": False})

    assert (answer.status_code, answer.json()) == (200, {"email_enabled": True, "sms_enabled": False})


async def test_deleted_preferences_are_gone(client: httpx2.AsyncClient) -> None:
    await client.post("/api/v1/preferences/1", json=PREFERENCES)

    assert (await client.delete("/api/v1/preferences/1")).status_code == 204
    assert (await client.get("/api/v1/preferences/1")).status_code == 404


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        (
            {"email_enabled": True, "sms_enabled": "not a boolean"},
            {
                "type": "bool_parsing",
                "loc": ["body", "sms_enabled"],
                "msg": "Input should be a valid boolean, unable to interpret input",
                "input": "not a boolean",
            },
        ),
        (
            {"email_enabled": True},
            {
                "type": "missing",
                "loc": ["body", "sms_enabled"],
                "msg": "Field required",
                "input": {"email_enabled": True},
            },
        ),
        (
            {"sms_enabled": False},
            {
                "type": "missing",
                "loc": ["body", "email_enabled"],
                "msg": "Field required",
                "input": {"sms_enabled": False},
            },
        ),
    ],
)
async def test_wrong_wishes_are_explained_as_the_seed_did(
    lite: httpx2.AsyncClient, body: dict[str, object], detail: dict[str, object]
) -> None:
    answer = await lite.post("/api/v1/preferences/2", json=body)

    assert answer.status_code == 422
    assert answer.json()["detail"] == [detail]


@pytest.mark.parametrize("user_id", ["-1", str(2**63), "x", "1.5"])
async def test_an_impossible_user_id_names_its_field(lite: httpx2.AsyncClient, user_id: str) -> None:
    answer = await lite.get(f"/api/v1/preferences/{user_id}")

    assert answer.status_code == 422
    assert answer.json()["detail"][0]["loc"] == ["path", "user_id"]


@pytest.mark.parametrize("value", ["NaN", "1e999", '"\\ud800"', "[" * 500 + "]" * 500])
async def test_a_value_that_json_cannot_carry_back_is_described(lite: httpx2.AsyncClient, value: str) -> None:
    body = f'{{"email_enabled": true, "sms_enabled": {value}}}'

    answer = await lite.post("/api/v1/preferences/2", content=body, headers={"Content-Type": "application/json"})

    assert answer.status_code == 422
    assert answer.json()["detail"][0]["loc"] == ["body", "sms_enabled"]


@pytest.mark.parametrize("channels", [{}, {"email": True}, {"pigeon": True}])
async def test_a_mapping_that_no_channel_needs_is_refused(lite: httpx2.AsyncClient, channels: dict[str, bool]) -> None:
    refused = [
        await lite.put("/api/v1/preferences/7", json=PREFERENCES | {"channels": channels}),
        await lite.patch("/api/v1/preferences/1", json={"channels": channels}),
    ]

    assert [answer.status_code for answer in refused] == [422, 422]
    assert (await lite.get("/api/v1/preferences/7")).status_code == 404
