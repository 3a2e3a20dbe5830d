"""The optional fields of preferences: in every call, for live and test keys."""

from typing import Any

import httpx2
import pytest
from sqlalchemy import text

from property_alert_notification.base.settings import Settings
from property_alert_notification.database import Database
from tests.api.conftest import NOTIFICATION, PREFERENCES

PATH = "/api/v1/preferences/7"
EVERY_DAY = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
RULES: dict[str, Any] = {
    "language": "es-MX",
    "time_zone": "America/Los_Angeles",
    "quiet_hours": [
        {"days": ["mon", "fri"], "from": "21:00", "to": "08:00"},
        {"days": ["sun"], "from": "00:00", "to": "23:59"},
    ],
    "caps": {"email": {"day": 5, "week": 20}, "sms": {"day": 1}},
    "categories": {"listing_alert": {"email": "daily", "sms": "asap"}, "open_house": {"sms": "never"}},
    "digest": {"at": "07:30", "weekday": "sun", "day": 31},
}
ALL = PREFERENCES | RULES


async def test_an_answer_has_only_the_fields_that_are_set(client: httpx2.AsyncClient) -> None:
    posted = await client.post(PATH, json=ALL)
    read = await client.get(PATH)
    put = await client.put(PATH, json=PREFERENCES)
    emptied = await client.get(PATH)

    assert (posted.status_code, posted.json()) == (201, ALL)
    assert (read.status_code, read.json()) == (200, ALL)
    assert (put.status_code, put.json()) == (200, PREFERENCES)
    assert emptied.text == '{"email_enabled":true,"sms_enabled":true}'


@pytest.mark.parametrize("field", RULES)
async def test_each_field_stands_alone_and_null_is_as_if_it_was_left_out(lite: httpx2.AsyncClient, field: str) -> None:
    alone = await lite.put(PATH, json=PREFERENCES | {field: RULES[field]})
    nothing = await lite.put(PATH, json=PREFERENCES | dict.fromkeys(RULES))
    changed = await lite.patch(PATH, json={field: RULES[field]})
    unchanged = await lite.patch(PATH, json={"sms_enabled": False})
    taken_back = await lite.patch(PATH, json={field: None})

    assert alone.json() == PREFERENCES | {field: RULES[field]}
    assert nothing.json() == PREFERENCES
    assert changed.json() == alone.json()
    assert unchanged.json() == alone.json() | {"sms_enabled": False}
    assert taken_back.json() == PREFERENCES | {"sms_enabled": False}


@pytest.mark.parametrize(
    ("patch", "field", "expected"),
    [
        ({"caps": {"sms": None}}, "caps", {"email": {"day": 5, "week": 20}}),
        ({"caps": {"email": {"week": None}}}, "caps", {"email": {"day": 5}, "sms": {"day": 1}}),
        ({"caps": {"sms": {"day": None}}}, "caps", {"email": {"day": 5, "week": 20}}),
        ({"caps": {"sms": {"week": 3}}}, "caps", {"email": {"day": 5, "week": 20}, "sms": {"day": 1, "week": 3}}),
        (
            {"categories": {"listing_alert": {"email": "never", "sms": None}}},
            "categories",
            {"listing_alert": {"email": "never"}, "open_house": {"sms": "never"}},
        ),
        ({"categories": {"listing_alert": None}}, "categories", {"open_house": {"sms": "never"}}),
        ({"categories": {"listing_alert": None, "open_house": {"sms": None}}}, "categories", None),
        ({"quiet_hours": []}, "quiet_hours", None),
        ({"digest": {"day": 15}}, "digest", {"at": "07:30", "weekday": "sun", "day": 15}),
        ({"digest": {"at": None}}, "digest", {"at": "08:00", "weekday": "sun", "day": 31}),
        ({"language": "EN-gb"}, "language", "en-GB"),
    ],
)
async def test_a_patch_is_merged_as_rfc_7396_says(
    lite: httpx2.AsyncClient, patch: dict[str, Any], field: str, expected: object
) -> None:
    await lite.put(PATH, json=ALL)

    answer = await lite.patch(PATH, json=patch)

    assert answer.status_code == 200
    assert answer.json() == {name: value for name, value in (ALL | {field: expected}).items() if value is not None}
    assert (await lite.get(PATH)).json() == answer.json()


@pytest.mark.parametrize(
    ("fields", "place", "words"),
    [
        ({"language": "en_US"}, "language", "must be a BCP 47 language tag, for example en or es-MX"),
        ({"language": 7}, "language", "must be a text in quotes"),
        ({"time_zone": "Europe/Utopia"}, "time_zone", "must be an IANA time zone, for example Europe/Berlin"),
        ({"time_zone": "UTC+2"}, "time_zone", "must be an IANA time zone"),
        ({"quiet_hours": {}}, "quiet_hours", "must be a list"),
        ({"quiet_hours": [{"days": [], "from": "21:00", "to": "08:00"}]}, "quiet_hours.0.days", "must have 1 or more"),
        ({"quiet_hours": [{"from": "21:00", "to": "08:00"}]}, "quiet_hours.0.days", "Field required"),
        (
            {"quiet_hours": [{"days": ["monday"], "from": "21:00", "to": "08:00"}]},
            "quiet_hours.0.days.0",
            "must be one",
        ),
        ({"quiet_hours": [{"days": ["mon"], "from": "9pm", "to": "08:00"}]}, "quiet_hours.0.from", "must match"),
        ({"quiet_hours": [{"days": ["mon"], "from": "21:00", "to": "24:00"}]}, "quiet_hours.0.to", "must match"),
        ({"quiet_hours": [{"days": ["mon"], "from": "21:00"}]}, "quiet_hours.0.to", "Field required"),
        (
            {"quiet_hours": [{"days": ["mon"], "from": "08:00", "to": "08:00"}]},
            "quiet_hours.0",
            "from and to must differ",
        ),
        (
            {"quiet_hours": [{"days": EVERY_DAY, "from": "12:00", "to": "00:00"}] * 22},
            "quiet_hours",
            "must have 21 or fewer entries",
        ),
        (
            {
                "quiet_hours": [
                    {"days": EVERY_DAY, "from": "08:00", "to": "20:00"},
                    {"days": EVERY_DAY, "from": "20:00", "to": "08:00"},
                ]
            },
            "quiet_hours",
            "must not cover the whole week",
        ),
        (
            {
                "quiet_hours": [
                    {"days": ["tue", "wed", "thu", "fri", "sat"], "from": "00:00", "to": "23:59"},
                    {"days": ["mon", "tue", "wed", "thu", "fri", "sat"], "from": "23:58", "to": "00:01"},
                    {"days": ["sun"], "from": "23:58", "to": "12:00"},
                    {"days": ["mon"], "from": "12:00", "to": "23:59"},
                    {"days": ["sun"], "from": "00:00", "to": "23:59"},
                ]
            },
            "quiet_hours",
            "must not cover the whole week",
        ),
        ({"caps": {"pigeon": {"day": 1}}}, "caps.pigeon.[key]", "must be one of"),
        ({"caps": {"email": 5}}, "caps.email", "must be a JSON object"),
        ({"caps": {"email": {"day": 0}}}, "caps.email.day", "must be 1 or more"),
        ({"caps": {"email": {"day": 1.5}}}, "caps.email.day", "must be a whole number"),
        ({"caps": {"email": {"day": True}}}, "caps.email.day", "must be a whole number"),
        ({"caps": {"email": {"month": 5}}}, "caps.email", "has an unknown field"),
        ({"categories": {"Listing alerts": {"email": "daily"}}}, "categories.Listing alerts.[key]", "must match"),
        (
            {"categories": {"viewing": {"email": "hourly"}}},
            "categories.viewing.email",
            "must be one of 'asap', 'daily'",
        ),
        ({"categories": {"viewing": "daily"}}, "categories.viewing", "must be a JSON object"),
        ({"digest": {"at": "8"}}, "digest.at", "must match the pattern"),
        ({"digest": {"weekday": 1}}, "digest.weekday", "must be one of 'mon', 'tue'"),
        ({"digest": {"day": 32}}, "digest.day", "must be 31 or less"),
        ({"digest": {"hour": 8}}, "digest", "has an unknown field"),
        ({"timezone": "Europe/Berlin"}, "", "has an unknown field: did you mean time_zone?"),
    ],
)
@pytest.mark.parametrize("method", ["PUT", "PATCH"])
async def test_what_cannot_be_used_is_named_where_it_stands(
    lite: httpx2.AsyncClient, method: str, fields: dict[str, Any], place: str, words: str
) -> None:
    answer = await lite.request(method, "/api/v1/preferences/1", json=PREFERENCES | fields)

    assert answer.status_code == 422, answer.text
    problem = answer.json()["detail"][0]
    assert (".".join(map(str, problem["loc"][1:])), problem["msg"][: len(words)]) == (place, words)
    assert (await lite.get("/api/v1/preferences/1")).json() == PREFERENCES


async def test_quiet_hours_may_leave_a_single_minute_of_the_week(lite: httpx2.AsyncClient) -> None:
    nearly_always = [
        {"days": EVERY_DAY, "from": "00:00", "to": "12:00"},
        {"days": [day for day in EVERY_DAY if day != "sun"], "from": "12:00", "to": "00:00"},
        {"days": ["sun"], "from": "12:00", "to": "23:59"},
    ]

    answer = await lite.put(PATH, json=PREFERENCES | {"quiet_hours": nearly_always})

    assert answer.json()["quiet_hours"] == nearly_always


async def test_categories_that_are_added_one_by_one_are_limited_too(lite: httpx2.AsyncClient) -> None:
    many = {f"category_{number}": {"email": "never"} for number in range(100)}
    full = await lite.put(PATH, json=PREFERENCES | {"categories": many})
    same = await lite.patch(PATH, json={"categories": {"category_7": {"sms": "daily"}}})
    more = await lite.patch(PATH, json={"categories": {"one_more": {"email": "never"}}})
    exchanged = await lite.patch(PATH, json={"categories": {"one_more": {"email": "never"}, "category_7": None}})

    assert [answer.status_code for answer in (full, same, more, exchanged)] == [200, 200, 422, 200]
    assert more.json()["detail"][0]["loc"] == ["body", "categories"]
    assert len(exchanged.json()["categories"]) == 100


async def test_a_batch_may_say_it_too(client: httpx2.AsyncClient) -> None:
    users = [{"user_id": 7, **ALL}, {"user_id": 8, **PREFERENCES}]

    answer = await client.post("/api/v1/preferences/batch", json={"preferences": users})

    assert [result["status"] for result in answer.json()["results"]] == ["created", "created"]
    assert (await client.get(PATH)).json() == ALL
    assert (await client.get("/api/v1/preferences/8")).json() == PREFERENCES


async def test_rules_that_were_withdrawn_do_not_come_back(client: httpx2.AsyncClient) -> None:
    await client.put(PATH, json=ALL)
    await client.delete(PATH)

    await client.post(PATH, json=PREFERENCES)

    assert (await client.get(PATH)).json() == PREFERENCES


@pytest.mark.parametrize("damage", ["{", "[]", '{"caps":7}'])
async def test_damaged_rules_hold_the_messages_of_their_user_only_until_they_are_set_anew(
    client: httpx2.AsyncClient, store_url: str, damage: str
) -> None:
    for user in (7, 8):
        await client.put(f"/api/v1/preferences/{user}", json=ALL)
    database = Database(Settings(database_url=store_url).database_url, wait=10)
    async with database.transaction() as connection:
        await connection.execute(text("UPDATE preferences SET rules = :damage WHERE user_id = 7"), {"damage": damage})
    await database.close()
    at_noon = {"channel": "email", "at": "2026-12-02T20:00:00Z"}

    both = [NOTIFICATION | {"user_id": user, "category": "viewing", "channels": ["email"]} for user in (7, 8)]
    accepted = (await client.post("/api/v1/notifications/batch", json={"notifications": both})).json()["results"]
    held = (await client.get(f"/api/v1/notifications/{accepted[0]['id']}")).json()["deliveries"][0]
    answers = [(await client.get(f"/api/v1/preferences/{user}/effective", params=at_noon)).json() for user in (7, 8)]
    await client.put(PATH, json=PREFERENCES)
    repaired = (await client.get(f"/api/v1/notifications/{accepted[0]['id']}")).json()["deliveries"][0]

    assert [result["status"] for result in accepted] == ["pending", "pending"]
    assert (held["state"], held["reason_code"]) == ("held", "preferences_unreadable")
    assert [answer["reason_code"] for answer in answers] == ["preferences_unreadable", "user_opted_in"]
    assert repaired["due_at"] < held["due_at"]
