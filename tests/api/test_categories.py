"""Categories over HTTP: what they mean, who may say so, and what remains when it is taken back."""

from typing import Any

import httpx2
import pytest
from sqlalchemy import text

from property_alert_notification.base.settings import Settings
from property_alert_notification.base.vocabulary import Scope
from property_alert_notification.database import Database
from tests.api.conftest import a_client, a_guarded_client

CATEGORIES = "/api/v1/categories"
BUILT_IN = ["account", "digest", "general", "listing_alert", "offer", "viewing"]
PRICE_DROP = {"kind": "promotional", "default": {"email": "daily"}, "message_ttl": "48h", "on_unknown": "give_up"}
DEFINED = {
    "name": "price_drop",
    "kind": "promotional",
    "required": False,
    "default": {"email": "daily"},
    "message_ttl": "2d",
    "on_unknown": "give_up",
    "confirm_opt_in": False,
    "defined_by": "api",
}
VIEWING = {
    "name": "viewing",
    "kind": "transactional",
    "required": False,
    "default": {},
    "message_ttl": None,
    "on_unknown": None,
    "confirm_opt_in": False,
    "defined_by": "service",
}


async def _names(client: httpx2.AsyncClient) -> list[str]:
    answer = await client.get(f"{CATEGORIES}/")
    return [category["name"] for category in answer.json()["items"]]


async def test_the_built_in_categories_are_there_from_the_start(client: httpx2.AsyncClient) -> None:
    assert await _names(client) == BUILT_IN
    assert (await client.get(f"{CATEGORIES}/viewing")).json() == VIEWING


async def test_a_category_is_defined_shown_and_deleted(client: httpx2.AsyncClient) -> None:
    defined = await client.put(f"{CATEGORIES}/price_drop", json=PRICE_DROP)
    shown = await client.get(f"{CATEGORIES}/price_drop/")
    listed = await _names(client)
    again = await client.put(f"{CATEGORIES}/price_drop/", json={"kind": "transactional"})
    deleted = await client.delete(f"{CATEGORIES}/price_drop")
    gone = await client.get(f"{CATEGORIES}/price_drop")
    twice = await client.delete(f"{CATEGORIES}/price_drop")

    assert (defined.status_code, defined.json()) == (200, DEFINED)
    assert shown.json() == DEFINED
    assert listed == sorted([*BUILT_IN, "price_drop"])
    assert again.json() == {**VIEWING, "name": "price_drop", "defined_by": "api"}
    assert (deleted.status_code, deleted.content) == (204, b"")
    assert (gone.status_code, gone.json()["detail"]) == (404, "There is no category price_drop.")
    assert (twice.status_code, twice.json()["detail"]) == (404, "There is no category price_drop.")


async def test_deleting_a_built_in_category_restores_it(client: httpx2.AsyncClient) -> None:
    await client.put(f"{CATEGORIES}/viewing", json=PRICE_DROP)
    changed = (await client.get(f"{CATEGORIES}/viewing")).json()
    deleted = [await client.delete(f"{CATEGORIES}/viewing") for _ in range(2)]

    assert changed == {**DEFINED, "name": "viewing"}
    assert [answer.status_code for answer in deleted] == [204, 204]
    assert (await client.get(f"{CATEGORIES}/viewing")).json() == VIEWING


async def test_categories_of_the_file_are_listed_and_the_api_takes_precedence(store_url: str, tmp_path: Any) -> None:
    file = tmp_path / "categories.toml"
    file.write_text('[viewing]\nmessage_ttl = "2h"\n')
    async with a_client(database_url=store_url, categories_file=str(file)) as client:
        in_file = (await client.get(f"{CATEGORIES}/viewing")).json()
        await client.put(f"{CATEGORIES}/viewing", json={"kind": "transactional", "message_ttl": "90s"})
        by_api = (await client.get(f"{CATEGORIES}/viewing")).json()
        await client.delete(f"{CATEGORIES}/viewing")

        assert in_file == {**VIEWING, "message_ttl": "2h", "defined_by": "file"}
        assert by_api == {**VIEWING, "message_ttl": "90s", "defined_by": "api"}
        assert (await client.get(f"{CATEGORIES}/viewing")).json() == in_file


@pytest.mark.parametrize(
    ("changed", "place", "words"),
    [
        ({"required": True}, "required", "must be false for a promotional category"),
        ({"kind": "marketing"}, "kind", "must be one of 'transactional' or 'promotional'"),
        (
            {"default": {"email": "hourly"}},
            "default.email",
            "must be one of 'asap', 'daily', 'weekly', 'monthly' or 'never'",
        ),
        ({"message_ttl": 7200}, "message_ttl", "must be a number of s, min, h or d, for example 2h"),
        ({"on_unknown": "drop"}, "on_unknown", "must be one of 'resend' or 'give_up'"),
        ({"ttl": "2h"}, "", "has an unknown field"),
    ],
)
async def test_what_cannot_be_used_is_named(
    lite: httpx2.AsyncClient, changed: dict[str, Any], place: str, words: str
) -> None:
    answer = await lite.put(f"{CATEGORIES}/price_drop", json=PRICE_DROP | changed)

    assert answer.status_code == 422
    (problem,) = answer.json()["detail"]
    assert (".".join(problem["loc"][1:]), problem["msg"].startswith(words)) == (place, True), problem
    assert "input" not in problem


async def test_a_definition_needs_a_kind_and_a_slug_as_name(lite: httpx2.AsyncClient) -> None:
    nothing = await lite.put(f"{CATEGORIES}/price_drop", json={})
    names = [await lite.put(f"{CATEGORIES}/{name}", json=PRICE_DROP) for name in ("E", "two words", "-x", "x" * 65)]

    assert [problem["loc"] for problem in nothing.json()["detail"]] == [["body", "kind"]]
    assert [answer.status_code for answer in names] == [422] * 4


async def test_who_may_read_may_not_define_and_a_definition_is_recorded(store_url: str) -> None:
    async with a_guarded_client(store_url, Scope.PREFERENCES_READ) as reader:
        read = await reader.get(CATEGORIES)
        refused = [
            await reader.put(f"{CATEGORIES}/price_drop", json=PRICE_DROP),
            await reader.delete(f"{CATEGORIES}/viewing"),
        ]
    assert read.status_code == 200
    assert [answer.status_code for answer in refused] == [403, 403]


async def test_definitions_are_in_the_record_of_changes(store_url: str) -> None:
    async with a_guarded_client(store_url, Scope.ADMIN) as operator:
        unread = await operator.get(CATEGORIES)
        (await operator.put(f"{CATEGORIES}/price_drop", json=PRICE_DROP)).raise_for_status()
        (await operator.delete(f"{CATEGORIES}/price_drop")).raise_for_status()
        (await operator.delete(f"{CATEGORIES}/viewing")).raise_for_status()
        recorded = (await operator.get("/api/v1/audit")).json()["items"]

    assert unread.status_code == 403
    assert [(one["action"], one["subject"]) for one in recorded[:2]] == [
        ("category.reset", "price_drop"),
        ("category.defined", "price_drop"),
    ]
    assert recorded[1]["details"] == PRICE_DROP | {"message_ttl": "2d"}
    assert recorded[2]["action"] == "key.created"


async def test_a_damaged_row_is_as_if_it_was_not_there(client: httpx2.AsyncClient, store_url: str) -> None:
    await client.put(f"{CATEGORIES}/viewing", json=PRICE_DROP)
    await client.put(f"{CATEGORIES}/price_drop", json=PRICE_DROP)
    database = Database(Settings(database_url=store_url).database_url, wait=30)
    async with database.transaction() as connection:
        await connection.execute(text("UPDATE categories SET definition = '{' WHERE name = 'viewing'"))
    await database.close()

    assert (await client.get(f"{CATEGORIES}/viewing")).json() == VIEWING
    assert (await client.get(f"{CATEGORIES}/price_drop")).json() == DEFINED
