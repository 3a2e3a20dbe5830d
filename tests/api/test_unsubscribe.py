"""`/u/{token}`: a GET changes nothing, a POST unsubscribes at once, and a token that cannot be used says nothing."""

import asyncio
from datetime import timedelta
from typing import Any

import httpx2
import pytest

from property_alert_notification.api.access.service import KeyService
from property_alert_notification.base.settings import Settings
from property_alert_notification.base.vocabulary import Channel, Scope
from property_alert_notification.database import Database
from property_alert_notification.feedback.unsubscribe.tokens import Link, Purpose, Tokens
from tests.api.conftest import PREFERENCES, a_client, a_guarded_client, accept
from tests.services.clock import SameDay

EMAIL = Channel("email")
ALERTS = Link(1, EMAIL, "listing_alert")
KEYS = ["a-signing-key-of-tests-with-32-characters", "the-next-signing-key-with-32-characters"]
ONE_CLICK = {"List-Unsubscribe": "One-Click"}


def path(link: Link = ALERTS, *, purpose: Purpose = Purpose.UNSUBSCRIBE, key: str | None = None) -> str:
    keys = Settings().link_keys if key is None else [key.encode()]
    return f"/u/{Tokens(keys).make(purpose, link)}"


async def entries(client: httpx2.AsyncClient, **params: Any) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = (await client.get("/api/v1/suppressions", params=params)).json()["items"]
    return items


async def state(client: httpx2.AsyncClient, notification: str) -> tuple[str, str | None]:
    detail = (await client.get(f"/api/v1/notifications/{notification}")).json()
    [delivery] = detail["deliveries"]
    return delivery["state"], delivery["reason_code"]


async def test_a_get_changes_nothing_and_shows_a_button(caller: httpx2.AsyncClient) -> None:
    shown = [await caller.get(path()) for _ in range(3)]
    head = await caller.head(path())

    assert {answer.status_code for answer in (*shown, head)} == {200}
    assert 'method="post"' in shown[0].text
    assert "Listing alerts by email" in shown[0].text
    assert head.content == b""
    assert await entries(caller) == []


BODIES: list[dict[str, Any]] = [
    {"data": ONE_CLICK},
    {"files": {"List-Unsubscribe": (None, "One-Click")}},
    {},
    {"content": b"\xff{"},
]


async def test_a_post_of_any_form_unsubscribes(lite: httpx2.AsyncClient) -> None:
    for user, body in enumerate(BODIES):
        assert (await lite.post(path(ALERTS._replace(user_id=user)), **body)).status_code == 200
        assert len(await entries(lite, user_id=user)) == 1


async def test_a_post_unsubscribes_at_once_and_again_is_the_same(caller: httpx2.AsyncClient) -> None:
    before = await accept(caller, category="listing_alert", channels=["email"])
    first = await caller.post(path(), data=ONE_CLICK)
    after = await accept(caller, category="listing_alert", channels=["email"])
    transactional = await accept(caller, category="viewing", channels=["email"])
    again = await caller.post(path(), data=ONE_CLICK)

    assert (first.status_code, again.status_code, again.text) == (200, 200, first.text)
    assert not {"set-cookie", "location"} & {*first.headers}
    [entry] = await entries(caller, user_id=1)
    expected = {
        "about": "user",
        "channel": "email",
        "category": "listing_alert",
        "reason": "unsubscribe",
        "scope": "promotional",
        "added_by": "unsubscribe link",
    }
    assert entry.items() >= expected.items()
    assert await state(caller, after) == ("suppressed", "suppressed_unsubscribe")
    assert (await state(caller, transactional))[0] == "queued"
    assert (await state(caller, before))[0] == "queued"  # the claim asks again
    audit = (await caller.get("/api/v1/audit")).json()["items"]
    assert [(one["action"], one["actor"]) for one in audit] == [("suppression.added", "unsubscribe link")]


async def test_no_later_change_of_preferences_undoes_it(caller: httpx2.AsyncClient) -> None:
    await caller.post(path(), data=ONE_CLICK)
    await caller.put("/api/v1/preferences/1", json=PREFERENCES | {"categories": {"listing_alert": {"email": "asap"}}})
    refused = await accept(caller, category="listing_alert", channels=["email"])
    [entry] = await entries(caller)
    await caller.delete(f"/api/v1/suppressions/{entry['id']}")
    wanted = await accept(caller, category="listing_alert", channels=["email"])

    assert await state(caller, refused) == ("suppressed", "suppressed_unsubscribe")
    assert (await state(caller, wanted))[0] == "queued"


async def test_many_clicks_at_once_are_one(caller: httpx2.AsyncClient) -> None:
    answers = await asyncio.gather(*[caller.post(path(), data=ONE_CLICK) for _ in range(20)])

    assert {answer.status_code for answer in answers} == {200}
    assert len(await entries(caller)) == 1


async def test_the_link_of_one_user_channel_and_category_is_about_no_other(caller: httpx2.AsyncClient) -> None:
    await caller.put("/api/v1/preferences/2", json=PREFERENCES)
    await caller.post(path(ALERTS._replace(user_id=2)))
    await caller.post(path(ALERTS._replace(channel=Channel("sms"))))
    await caller.post(path(ALERTS._replace(category="news")))

    assert (await state(caller, await accept(caller, category="listing_alert", channels=["email"])))[0] == "queued"


async def test_the_digest_of_a_transactional_category_can_be_refused_and_a_required_one_cannot(
    caller: httpx2.AsyncClient,
) -> None:
    await caller.post(path(ALERTS._replace(category="viewing")))
    await caller.post(path(ALERTS._replace(category="account")))

    refused = await accept(caller, category="viewing", channels=["email"])
    required = await accept(caller, category="account", channels=["email"])
    assert await state(caller, refused) == ("suppressed", "suppressed_unsubscribe")
    assert (await state(caller, required))[0] == "queued"


BAD = {
    "garbled": "/u/abc",
    "empty": "/u/%20",
    "long": f"/u/{'A' * 5_000}",
    "hostile": "/u/%3Cscript%3Ealert(1)%3C!--",
    "changed": path()[:-3] + "AAE",
    "of another key": path(key="a-key-of-somebody-else-with-32-characters"),
    "for the preferences": path(purpose=Purpose.PREFERENCES),
    "expired": path(ALERTS._replace(expires_at=SameDay().now() - timedelta(days=1))),
    "of nobody": path(ALERTS._replace(user_id=404), key="a-key-of-somebody-else-with-32-characters"),
}


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_a_token_that_cannot_be_used_has_one_answer_whatever_the_reason(
    lite: httpx2.AsyncClient, method: str
) -> None:
    answers = [await lite.request(method, bad) for bad in BAD.values()]

    assert {(answer.status_code, answer.text) for answer in answers} == {(404, answers[0].text)}
    assert "This link does not work" in answers[0].text
    assert all("script" not in answer.text for answer in answers)
    assert await entries(lite) == []


async def test_a_user_who_is_not_known_is_unsubscribed_like_any_other(lite: httpx2.AsyncClient) -> None:
    known, unknown = [await lite.post(path(ALERTS._replace(user_id=user))) for user in (1, 999_999)]

    assert (known.status_code, known.text) == (unknown.status_code, unknown.text)


async def test_the_page_runs_nothing_is_kept_nowhere_and_can_be_framed_by_nobody(lite: httpx2.AsyncClient) -> None:
    for answer in (await lite.get(path()), await lite.post(path()), await lite.get("/u/abc")):
        policy = answer.headers["content-security-policy"]
        assert {"default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'"} <= {*policy.split("; ")}
        assert "script" not in policy + answer.text
        assert "unsafe" not in policy
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert "noindex" in answer.headers["x-robots-tag"]
        assert answer.headers["x-content-type-options"] == "nosniff"


async def test_the_page_is_in_the_language_of_the_browser(lite: httpx2.AsyncClient) -> None:
    spanish = await lite.get(path(), headers={"Accept-Language": "es-MX,es;q=0.9"})

    assert 'lang="es"' in spanish.text
    assert "Cancelar la suscripción" in spanish.text
    assert 'lang="en"' in (await lite.get(path())).text


async def test_no_key_is_needed_and_a_large_body_is_refused(store_url: str) -> None:
    keys = {"signing_keys": ",".join(KEYS), "public_url": "https://alerts.example.com"}
    async with a_guarded_client(store_url, Scope.USERS_READ, **keys) as client:
        anybody = {"Authorization": ""}
        new, old = path(key=KEYS[0]), path(ALERTS._replace(user_id=2), key=KEYS[1])
        answers = [await client.post(one, headers=anybody, data=ONE_CLICK) for one in (new, old)]
        large = await client.post(path(ALERTS._replace(user_id=3), key=KEYS[0]), headers=anybody, content=b"x" * 5_000)
        suppressed = [bool(await entries(client, user_id=user)) for user in (1, 2, 3)]

    assert [answer.status_code for answer in answers] == [200, 200]
    assert large.status_code == 413
    assert suppressed == [True, True, False]


async def test_a_key_that_was_dropped_opens_nothing(store_url: str) -> None:
    async with a_client(database_url=store_url, signing_keys=KEYS[1]) as client:
        assert (await client.post(path(key=KEYS[0]))).status_code == 404
        assert (await client.post(path(key=KEYS[1]))).status_code == 200


async def test_the_link_of_a_test_message_changes_what_test_keys_set_and_nothing_else(store_url: str) -> None:
    scopes = [Scope.PREFERENCES_READ, Scope.PREFERENCES_WRITE, Scope.USERS_READ]
    keys = {"signing_keys": KEYS[0], "public_url": "https://alerts.example.com"}
    async with a_guarded_client(store_url, *scopes, **keys) as client:
        database = Database(Settings(database_url=store_url).database_url, wait=10)
        tester = await KeyService(database, SameDay(), actor="test").create("tester", scopes, test=True)
        await database.close()
        testing = {"Authorization": f"Bearer {tester}"}
        for headers in ({}, testing):
            await client.put("/api/v1/preferences/1", json=PREFERENCES, headers=headers)
        answers = [await client.post(path(ALERTS._replace(user_id=user, test=True), key=KEYS[0])) for user in (1, 2)]
        changed = (await client.get("/api/v1/preferences/1", headers=testing)).json()

        assert [answer.status_code for answer in answers] == [200, 200]
        assert changed == PREFERENCES | {"categories": {"listing_alert": {"email": "never"}}}
        assert (await client.get("/api/v1/preferences/1")).json() == PREFERENCES
        assert await entries(client) == []


async def test_a_store_that_does_not_answer_asks_to_try_again(tmp_path: Any, migrated_sqlite_url: str) -> None:
    async with a_client(database_url=migrated_sqlite_url, store_timeout=1) as client:
        (tmp_path / "app.db").unlink()
        answer = await client.post(path())

    assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
    assert "Please try again" in answer.text


async def test_the_path_of_a_token_is_one_series_in_the_metrics(lite: httpx2.AsyncClient) -> None:
    token = path().removeprefix("/u/")
    for method in ("GET", "POST", "HEAD", "PUT", "DELETE"):
        await lite.request(method, f"/u/{token}")

    metrics = (await lite.get("/metrics")).text
    assert '"/u/{token}"' in metrics
    assert token not in metrics
