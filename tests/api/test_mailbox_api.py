"""The mailbox API that other teams' tests ask."""

import re
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import httpx2
import pytest

from tests.services.callers import a_caller
from tests.services.pages import Pages, serve_pages


@pytest.fixture
async def pages(migrated_sqlite_url: str) -> AsyncIterator[Pages]:
    async with serve_pages(migrated_sqlite_url) as running:
        yield running


@pytest.fixture
async def client(pages: Pages) -> AsyncIterator[httpx2.AsyncClient]:
    async with a_caller(pages.url) as client:
        yield client


async def ask(client: httpx2.AsyncClient, **query: Any) -> dict[str, Any]:
    response = await client.get("/api/mailbox/messages", params=query)
    assert response.status_code == 200
    return response.json()


async def subjects(client: httpx2.AsyncClient, **query: Any) -> list[str]:
    return [message["subject"] for message in (await ask(client, **query))["messages"]]


async def test_an_empty_mailbox_lists_nothing(client: httpx2.AsyncClient) -> None:
    assert await ask(client) == {"messages": [], "next_before": None, "total": 0, "kept": 0}


async def test_the_list_has_the_fields_of_each_message_that_tests_need(
    pages: Pages, client: httpx2.AsyncClient
) -> None:
    [kept] = await pages.keep({"html": "<p>Three bedrooms</p>", "raw": "Subject: A home for you\r\n\r\n"})

    [message] = (await ask(client))["messages"]

    assert message == {
        "id": str(kept.id),
        "channel": "email",
        "from": "Homes <alerts@homes.test>",
        "to": "buyer@example.test",
        "subject": "A home for you",
        "text": "Three bedrooms with a garden.",
        "has_html": True,
        "captured_at": kept.captured_at.isoformat().replace("+00:00", "Z"),
        "delivery_id": str(kept.delivery_id),
    }


async def test_the_newest_message_is_first(pages: Pages, client: httpx2.AsyncClient) -> None:
    await pages.keep({"subject": "first"}, {"subject": "second"}, {"subject": "third"})

    assert await subjects(client) == ["third", "second", "first"]


async def test_pages_follow_each_other_without_gap_or_repeat(pages: Pages, client: httpx2.AsyncClient) -> None:
    await pages.keep(*[{"subject": str(number)} for number in range(5)])

    first = await ask(client, limit=2)
    second = await ask(client, limit=2, before=first["next_before"])
    third = await ask(client, limit=2, before=second["next_before"])

    seen = [message["subject"] for page in (first, second, third) for message in page["messages"]]
    assert seen == ["4", "3", "2", "1", "0"]
    assert third["next_before"] is None
    assert {page["total"] for page in (first, second, third)} == {5}


async def test_filters_narrow_the_list_together(pages: Pages, client: httpx2.AsyncClient) -> None:
    await pages.keep(
        {"subject": "a", "address": "anna@example.test"},
        {"subject": "b", "address": "anna@example.test", "text": "100% sure"},
        {"subject": "c", "address": "bo@example.test", "text": "100% sure"},
        {"subject": "", "address": "+12065550100", "channel": "sms", "text": "100% sure"},
    )

    assert await subjects(client, to="anna@example.test") == ["b", "a"]
    assert await subjects(client, to="example.test") == []
    assert await subjects(client, channel="sms") == [""]
    assert await subjects(client, search="100% SURE", channel="email") == ["c", "b"]
    assert await subjects(client, search="anna", to="anna@example.test", channel="email") == ["b", "a"]
    assert await subjects(client, search="%") == ["", "c", "b"]


async def test_the_total_is_that_of_the_channel(pages: Pages, client: httpx2.AsyncClient) -> None:
    await pages.keep({}, {}, {"channel": "sms"})

    for channel, total in (({}, 3), ({"channel": "email"}, 2), ({"channel": "sms"}, 1)):
        answer = await ask(client, search="nobody wrote this", **channel)
        assert (answer["total"], answer["kept"]) == (total, 3)


async def test_every_page_has_an_icon(pages: Pages, client: httpx2.AsyncClient) -> None:
    icon = await client.get("/favicon.ico", follow_redirects=True)
    assert (icon.status_code, icon.headers["content-type"]) == (200, "image/svg+xml")

    for path in ("/", "/mailbox", "/docs"):
        link = re.search(r'<link rel="(?:shortcut )?icon" href="([^"]+)"', (await client.get(path)).text)
        assert link is not None
        assert (await client.get(link[1])).status_code == 200


async def test_one_message_is_shown_whole(pages: Pages, client: httpx2.AsyncClient) -> None:
    [kept] = await pages.keep({"html": "<p>Three bedrooms</p>", "raw": "Subject: A home for you\r\n\r\n"})

    message = (await client.get(f"/api/mailbox/messages/{kept.id}")).json()

    assert message["html"] == "<p>Three bedrooms</p>"
    assert message["raw"] == "Subject: A home for you\r\n\r\n"
    assert message["sms_size"] is None


async def test_an_sms_shows_its_segments(pages: Pages, client: httpx2.AsyncClient) -> None:
    short, long = await pages.keep({"channel": "sms", "text": "Home"}, {"channel": "sms", "text": "Дом " * 20})

    assert (await client.get(f"/api/mailbox/messages/{short.id}")).json()["sms_size"] == {
        "encoding": "gsm7",
        "segments": 1,
    }
    assert (await client.get(f"/api/mailbox/messages/{long.id}")).json()["sms_size"] == {
        "encoding": "ucs2",
        "segments": 2,
    }


@pytest.mark.parametrize("path", ["/api/mailbox/messages/{}", "/mailbox/messages/{}/html"])
async def test_a_message_that_is_not_there_is_not_found(pages: Pages, client: httpx2.AsyncClient, path: str) -> None:
    response = await client.get(path.format(pages.clock.new_id()))

    assert (response.status_code, response.json()["detail"]) == (404, "Message not found")


async def test_an_email_without_html_has_no_html_page(pages: Pages, client: httpx2.AsyncClient) -> None:
    [kept] = await pages.keep({})

    assert (await client.get(f"/mailbox/messages/{kept.id}/html")).status_code == 404


@pytest.mark.parametrize("query", [{"channel": "pigeon"}, {"limit": 0}, {"limit": 201}, {"before": "yesterday"}])
async def test_a_query_that_means_nothing_is_refused(client: httpx2.AsyncClient, query: dict[str, Any]) -> None:
    assert (await client.get("/api/mailbox/messages", params=query)).status_code == 422


async def test_clearing_returns_the_number_of_deleted_messages(pages: Pages, client: httpx2.AsyncClient) -> None:
    await pages.keep({}, {}, {"channel": "sms"})

    assert (await client.delete("/api/mailbox/messages")).json() == {"cleared": 3}
    assert (await client.delete("/api/mailbox/messages")).json() == {"cleared": 0}
    assert (await ask(client))["total"] == 0


async def test_no_page_may_be_framed_guessed_at_or_kept(pages: Pages, client: httpx2.AsyncClient) -> None:
    [kept] = await pages.keep({"html": "<p>Hello</p>"})

    for path in ("/", "/mailbox", "/mailbox/", "/docs", f"/mailbox/messages/{kept.id}/html"):
        headers = (await client.get(path)).headers
        assert "default-src 'none'" in headers["content-security-policy"], path
        assert "frame-ancestors" in headers["content-security-policy"], path
        assert headers["x-content-type-options"] == "nosniff", path
        assert headers["referrer-policy"] == "no-referrer", path
        assert headers["cache-control"] == "no-store", path


async def test_an_email_is_served_without_the_right_to_run_scripts(pages: Pages, client: httpx2.AsyncClient) -> None:
    [kept] = await pages.keep({"html": "<p>Hello</p>"})

    policy = (await client.get(f"/mailbox/messages/{kept.id}/html")).headers["content-security-policy"]

    assert "sandbox" in policy
    assert "allow-scripts" not in policy
    assert "allow-same-origin" not in policy
    assert "script-src" not in policy


@pytest.mark.parametrize("query", [{"search": "a\x00"}, {"to": "\x00"}])
async def test_a_search_for_what_no_store_can_hold_is_refused(
    client: httpx2.AsyncClient, query: dict[str, str]
) -> None:
    assert (await client.get("/api/mailbox/messages", params=query)).status_code == 422


async def test_a_message_id_finds_an_email_and_its_notification(pages: Pages, client: httpx2.AsyncClient) -> None:
    await client.put("/api/v1/preferences/1", json={"email_enabled": True, "sms_enabled": True})
    details = [await _accept(client, reference=reference) for reference in ("order-7", "order-8")]
    email, sms = [delivery["id"] for delivery in details[0]["deliveries"]]
    raw = f"Subject: one\r\nMessage-ID: <{email}@homes.test>\r\n\r\n"
    await pages.keep(
        {"subject": "one", "delivery_id": UUID(email), "raw": raw},
        {"subject": "", "delivery_id": UUID(sms), "channel": "sms", "text": "A home for you\n3 bed..."},
        {"subject": "other", "delivery_id": UUID(details[1]["deliveries"][0]["id"])},
        {"subject": "kept no longer"},
    )

    for words in (email, f"<{email}@homes.test>", f"Message-ID: <{email}@homes.test>", details[0]["id"], "order-7"):
        found = (await ask(client, search=words))["messages"]
        assert [one["delivery_id"] for one in found] == [sms, email], words
    of_sms, of_email = [(await client.get(f"/api/mailbox/messages/{one['id']}")).json() for one in found]
    for one in (of_sms, of_email):
        assert (one["notification_id"], one["reference"]) == (details[0]["id"], "order-7")
    assert (of_email["message_id"], of_email["cut_from"]) == (f"<{email}@homes.test>", None)
    assert (of_sms["message_id"], of_sms["cut_from"]) == (None, len("A home for you\n3 bedrooms"))
    [lost] = (await ask(client, search="kept no longer"))["messages"]
    alone = (await client.get(f"/api/mailbox/messages/{lost['id']}")).json()
    assert (alone["notification_id"], alone["reference"], alone["message_id"]) == (None, None, None)


async def _accept(client: httpx2.AsyncClient, **fields: Any) -> dict[str, Any]:
    body = {"title": "A home for you", "message": "3 bedrooms", "user_id": 1, "user_email": "a@b.example"}
    answer = await client.post("/api/v1/notifications", json=body | {"user_phone_number": "+14155552671"} | fields)
    return dict((await client.get(f"/api/v1/notifications/{answer.json()['id']}")).json())


@pytest.mark.parametrize("method", ["GET", "DELETE"])
async def test_a_filter_that_does_not_exist_is_refused(client: httpx2.AsyncClient, method: str) -> None:
    answer = await client.request(method, "/api/mailbox/messages", params={"address": "ada@example.com", "x": "1"})

    assert answer.status_code == 422
    assert all(one["loc"][:1] == ["query"] for one in answer.json()["detail"])
    assert "ada@example.com" not in answer.text
