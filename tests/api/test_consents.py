"""Consent records over HTTP: every path by which a user opts in or out leaves one, and a repetition leaves none."""

import json
from collections.abc import Awaitable, Callable
from typing import Any

import httpx2

from property_alert_notification.base.settings import Settings
from property_alert_notification.base.vocabulary import Channel
from property_alert_notification.feedback.unsubscribe.tokens import Link, Purpose, Tokens
from tests.api.conftest import PREFERENCES, accept

TOKENS = Tokens(Settings().link_keys)
EVIDENCE = {"wording": "sign-up-7", "ip_address": "203.0.113.7"}
HEADERS = {"Consent-Wording": "sign-up-7", "Consent-IP-Address": "203.0.113.7"}
CONSENTS = "/api/v1/users/1/consents"
LINK = Link(1, Channel("email"), "listing_alert")
IN, OUT = "opted_in", "opted_out"

Client = httpx2.AsyncClient
Step = Callable[[Client], Awaitable[Any]]
Shown = tuple[str, str, str | None, str | None]


async def records(client: Client, **params: Any) -> list[dict[str, Any]]:
    answer = await client.get(CONSENTS, params=params)
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


def preferences(method: str, **body: Any) -> Step:
    return lambda client: client.request(method, "/api/v1/preferences/1", json=body or None)


def on_the_page(action: str, **fields: Any) -> Step:
    form = {"form": TOKENS.make(Purpose.PREFERENCES_FORM, Link(1)), "action": action, **fields}
    path = f"/preferences/{TOKENS.make(Purpose.PREFERENCES, Link(1))}?lang=es"
    return lambda client: client.post(path, data=form)


def by_link(body: dict[str, str]) -> Step:
    return lambda client: client.post(f"/u/{TOKENS.make(Purpose.UNSUBSCRIBE, LINK)}", data=body)


def suppress(**body: Any) -> Step:
    return lambda client: client.post("/api/v1/suppressions", json={"user_id": 1, **body})


def import_(line: str) -> Step:
    content = f"user_id,reason\n{line}\n"
    headers = {"Content-Type": "text/csv"}
    return lambda client: client.post("/api/v1/suppressions/import", content=content, headers=headers)


async def release_all(client: Client) -> None:
    for entry in (await client.get("/api/v1/suppressions", params={"user_id": 1})).json()["items"]:
        gone = await client.delete(f"/api/v1/suppressions/{entry['id']}", headers=HEADERS)
        assert gone.status_code == 204


PATHS: list[tuple[str, Step, list[Shown]]] = [
    (
        "created",
        preferences("POST", email_enabled=True, sms_enabled=False, consent=EVIDENCE),
        [(IN, "api", "email", None), (OUT, "api", "sms", None)],
    ),
    ("replaced", preferences("PUT", email_enabled=False, sms_enabled=False), [(OUT, "api", "email", None)]),
    ("changed", preferences("PATCH", email_enabled=True), [(IN, "api", "email", None)]),
    (
        "category",
        preferences("PATCH", categories={"offer": {"email": "never"}}),
        [(OUT, "api", "email", "offer")],
    ),
    ("withdrawn", preferences("DELETE"), [(OUT, "api", None, None)]),
    ("again", preferences("PUT", **PREFERENCES), [(IN, "api", "email", None), (IN, "api", "sms", None)]),
    ("one click", by_link({"List-Unsubscribe": "One-Click"}), [(OUT, "one_click", "email", "listing_alert")]),
    ("released", release_all, [(IN, "api", "email", "listing_alert")]),
    ("link's page", by_link({"from": "page"}), [(OUT, "unsubscribe_page", "email", "listing_alert")]),
    ("stop", on_the_page("stop"), [(OUT, "preference_page", None, None)]),
    ("start", on_the_page("start"), [(IN, "preference_page", None, None)]),
    ("saved", on_the_page("save", **{"switch.sms": "off"}), [(OUT, "preference_page", "sms", None)]),
    ("released too", release_all, [(IN, "api", "email", "listing_alert")]),
    ("suppressed", suppress(consent=EVIDENCE), [(OUT, "api", None, None)]),
    ("released as well", release_all, [(IN, "api", None, None)]),
    ("bounced", suppress(reason="hard_bounce"), []),
    ("released after a bounce", release_all, []),
    ("imported", import_("1,imported"), [(OUT, "import", None, None)]),
]


async def test_every_path_records_what_it_changed_once(client: Client) -> None:
    known: list[dict[str, Any]] = []
    for name, step, expected in PATHS:
        await step(client)
        found = await records(client, limit=100)
        new = found[: len(found) - len(known)]
        assert found[len(new) :] == known, name
        shown = [(one["decision"], one["source"], one["channel"], one["category"]) for one in new]
        assert sorted(shown, key=str) == sorted(expected, key=str), name
        await step(client)  # the same again changes nothing
        again = await records(client, limit=100)
        assert again == found, name
        known = found

    assert known[-1]["wording"] == "sign-up-7"
    assert {one["ip_address"] for one in known if one["source"] == "api" and one["wording"]} == {"203.0.113.7"}
    pages = [one for one in known if one["source"] in ("preference_page", "unsubscribe_page")]
    assert all(one["wording"].startswith("page/") and one["ip_address"] == "127.0.0.1" for one in pages)
    assert pages[0]["wording"].startswith("page/es/")
    assert {one["actor"] for one in known} == {"local", "unsubscribe link", "preference page"}


async def test_records_are_paged_filtered_and_exported(caller: Client) -> None:
    await caller.patch("/api/v1/preferences/1", json={"categories": {"offer": {"sms": "never"}}})
    await caller.post("/api/v1/suppressions", json={"user_id": 1})
    found = await records(caller)
    first = (await caller.get(CONSENTS, params={"limit": 1})).json()
    second = (await caller.get(CONSENTS, params={"limit": 100, "cursor": first["next"]})).json()

    assert [*first["items"], *second["items"]] == found
    assert second["next"] is None
    assert {(one["channel"], one["category"]) for one in await records(caller, channel="email")} == {
        ("email", None),
        (None, None),
    }
    assert ("sms", "offer") not in [
        (one["channel"], one["category"]) for one in await records(caller, category="viewing")
    ]
    lines = (await caller.get(f"{CONSENTS}/export", params={"format": "ndjson"})).text.splitlines()
    assert [json.loads(line) for line in lines] == found
    table = (await caller.get(f"{CONSENTS}/export")).text.splitlines()
    assert table[0].startswith("id,about,decision")
    assert len(table) == len(found) + 1
    assert (await caller.get("/api/v1/users/2/consents")).json() == {"items": [], "next": None}


async def test_a_refusal_of_an_address_belongs_to_its_user(lite: Client) -> None:
    await accept(lite, user_email="ada@example.com")
    await lite.put("/api/v1/users/1/profile", json={"phone_number": "+14155552671"})
    for channel, address in (("email", "Ada@example.com"), ("sms", "+14155552671"), ("email", "grace@example.com")):
        await lite.post("/api/v1/suppressions", json={"channel": channel, "address": address})

    about = [one for one in await records(lite) if one["about"] == "address"]
    assert [one["channel"] for one in about] == ["sms", "email"]


async def test_evidence_must_be_what_it_says(lite: Client) -> None:
    for wrong in ({"ip_address": "home"}, {"wording": ""}, {"wording": "a\nb"}, {"who": "me"}):
        answer = await lite.put("/api/v1/preferences/1", json={**PREFERENCES, "consent": wrong})
        assert answer.status_code == 422
    assert (await lite.delete("/api/v1/preferences/1", headers={"Consent-IP-Address": "home"})).status_code == 422
