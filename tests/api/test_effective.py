"""What becomes of a message to a user, asked for any category, channel and moment."""

from typing import Any

import httpx2
import pytest

from tests.api.conftest import PREFERENCES, a_client

PATH = "/api/v1/preferences/7"
CATEGORIES = "/api/v1/categories"
AT = "2026-12-01T09:00:00Z"


async def _ask(client: httpx2.AsyncClient, **query: Any) -> dict[str, Any]:
    answer = await client.get(f"{PATH}/effective", params={"channel": "email", **query})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def _rule(answer: dict[str, Any]) -> tuple[str, str, str]:
    return answer["decision"], answer["rule"], answer["reason_code"]


async def test_a_user_with_switches_alone_gets_messages_at_once(client: httpx2.AsyncClient) -> None:
    await client.put(PATH, json={"email_enabled": True, "sms_enabled": False})

    assert await _ask(client, at=AT, category="viewing") == {
        "decision": "send",
        "reason_code": "user_opted_in",
        "reason": "the user wants email",
        "rule": "service_default",
        "until": None,
        "channel": "email",
        "category": "viewing",
        "at": AT,
    }
    assert _rule(await _ask(client, channel="sms")) == ("suppress", "channel_switch", "user_opted_out")


async def test_the_first_rule_that_applies_wins(client: httpx2.AsyncClient) -> None:
    rules = {"listing_alert": {"email": "never"}, "account": {"email": "never"}, "open_house": {"email": "asap"}}
    await client.put(PATH, json={"email_enabled": True, "sms_enabled": False, "categories": rules})
    for name in ("open_house", "price_drop", "listing_alert"):
        await client.put(f"{CATEGORIES}/{name}", json={"kind": "promotional", "default": {"email": "never"}})
    await client.put(f"{CATEGORIES}/sold", json={"kind": "promotional", "default": {"email": "asap"}})

    found = {
        name: _rule(await _ask(client, category=name))
        for name in ("account", "listing_alert", "open_house", "price_drop", "sold", "unheard_of")
    }
    switched_off = _rule(await _ask(client, category="account", channel="sms"))

    assert found == {
        "account": ("send", "category_required", "category_required"),
        "listing_alert": ("suppress", "user_rule", "category_refused"),
        "open_house": ("send", "user_rule", "category_wanted"),
        "price_drop": ("suppress", "category_default", "category_not_asked_for"),
        "sold": ("send", "category_default", "user_opted_in"),
        "unheard_of": ("send", "service_default", "user_opted_in"),
    }
    assert switched_off == ("suppress", "channel_switch", "user_opted_out")
    assert (await _ask(client, category="listing_alert"))["reason"] == "the user does not want listing_alert by email"


async def test_a_permitted_message_is_held_collected_or_sent_by_local_time(client: httpx2.AsyncClient) -> None:
    rules = {
        "time_zone": "Europe/Berlin",
        "quiet_hours": [{"days": ["mon", "tue"], "from": "21:00", "to": "09:30"}],
        "categories": {"listing_alert": {"email": "daily"}, "account": {"email": "weekly"}},
    }
    await client.put(PATH, json=PREFERENCES | rules)
    late = "2026-12-01T22:30:00+01:00"

    collected = await _ask(client, category="listing_alert", at=late)
    held = await _ask(client, category="viewing", at=late)
    found = {
        "urgent": await _ask(client, category="viewing", at=late, urgent=True),
        "urgent, but promotional": await _ask(client, category="listing_alert", at=late, urgent=True),
        "required": await _ask(client, category="account", at=late),
        "the law": await _ask(client, channel="sms", category="listing_alert", at="2026-12-03T22:30:00+01:00"),
        "by day": await _ask(client, category="viewing", at="2026-12-02T12:00:00+01:00"),
    }

    assert _rule(collected) == ("collect", "frequency", "collected")
    assert collected["until"] == "2026-12-02T07:00:00Z"
    assert _rule(held) == ("hold", "quiet_hours", "quiet_hours")
    assert held["until"] == "2026-12-02T08:30:00Z"
    assert {name: _rule(answer)[:2] for name, answer in found.items()} == {
        "urgent": ("send", "urgent"),
        "urgent, but promotional": ("collect", "frequency"),
        "required": ("hold", "quiet_hours"),
        "the law": ("hold", "legal_window"),
        "by day": ("send", "service_default"),
    }


async def test_an_unknown_user_is_not_found_and_one_who_withdrew_consent_is(
    client: httpx2.AsyncClient,
) -> None:
    unknown = await client.get(f"{PATH}/effective/", params={"channel": "email"})
    await client.put(PATH, json=PREFERENCES)
    await client.delete(PATH)

    assert (unknown.status_code, unknown.json()["detail"]) == (404, "Preference not found")
    assert _rule(await _ask(client)) == ("suppress", "channel_switch", "no_preferences")


async def test_default_preferences_apply_to_users_without_preferences(store_url: str) -> None:
    async with a_client(database_url=store_url, default_preferences={"email"}, sms_provider="none") as client:
        by_default = await _ask(client)
        not_used = await _ask(client, channel="sms")
        await client.put(PATH, json=PREFERENCES)
        await client.delete(PATH)
        withdrawn = await _ask(client)

    assert _rule(by_default) == ("send", "service_default", "user_opted_in")
    assert _rule(not_used) == ("suppress", "service_default", "channel_not_used")
    assert not_used["reason"] == "sms is not used here (SMS_PROVIDER=none)"
    assert _rule(withdrawn) == ("suppress", "channel_switch", "no_preferences")


@pytest.mark.parametrize(
    ("query", "place"),
    [
        ({}, "channel"),
        ({"channel": "pigeon"}, "channel"),
        ({"channel": "email", "category": "Not one"}, "category"),
        ({"channel": "email", "at": "tomorrow"}, "at"),
        ({"channel": "email", "at": "2026-12-01T09:00:00"}, "at"),
        ({"channel": "email", "urgent": "very"}, "urgent"),
    ],
)
async def test_an_invalid_query_is_refused_by_its_field(
    lite: httpx2.AsyncClient, query: dict[str, str], place: str
) -> None:
    answer = await lite.get("/api/v1/preferences/1/effective", params=query)

    assert answer.status_code == 422
    assert [problem["loc"] for problem in answer.json()["detail"]] == [["query", place]]


async def test_at_may_be_any_moment(lite: httpx2.AsyncClient) -> None:
    await lite.put(PATH, json=PREFERENCES)
    for at in ("1970-01-01T00:00:00Z", "2200-12-31T00:00:00Z", "2026-03-29T02:30:00+02:00"):
        assert (await _ask(lite, at=at))["at"]
