"""Who may know of what: two callers, live and test keys, with `admin` and without, at every call of the document."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import count, product
from typing import Any
from uuid import UUID

import httpx2
import pytest
from sqlalchemy import update

from property_alert_notification.api.access.service import KeyService
from property_alert_notification.base.settings import Settings
from property_alert_notification.base.vocabulary import Scope
from property_alert_notification.database import Database, table_of
from property_alert_notification.deliveries.models import Delivery
from tests.api.conftest import NOTIFICATION, PREFERENCES, a_guarded_client
from tests.api.document import DOCUMENT
from tests.services.clock import SameDay

API = "/api/v1"
FAR = "2199-01-01T00:00:00Z"
Answer = httpx2.Response


@dataclass(frozen=True)
class Caller:
    """A caller with a key."""

    name: str
    test: bool
    admin: bool

    def __str__(self) -> str:
        return f"{self.name}-{'test' if self.test else 'live'}{'-admin' if self.admin else ''}"

    def may_know_of(self, owner: "Caller") -> bool:
        return self.test == owner.test and (self.admin or self.name == owner.name)


CALLERS = [Caller(*one) for one in product(("anna", "ben"), (False, True), (False, True))]
ANNAS = [caller for caller in CALLERS if caller.name == "anna"]
OWNERS = [caller for caller in CALLERS if not caller.admin]


@dataclass
class House:
    """A service with all these callers."""

    client: httpx2.AsyncClient
    database: Database
    keys: dict[Caller, str]
    numbers: count = field(default_factory=count)

    async def ask(self, caller: Caller, method: str, path: str, **options: Any) -> Answer:
        headers = {"Authorization": f"Bearer {self.keys[caller]}"} | options.pop("headers", {})
        return await self.client.request(method, f"{API}{path}", headers=headers, **options)

    async def a_notification(self, owner: Caller, **fields: Any) -> str:
        body = NOTIFICATION | {"user_email": f"{owner}@example.com", "user_phone_number": "+14155552671"}
        answer = await self.ask(owner, "POST", "/notifications", json=body | {"reference": str(owner)} | fields)
        assert answer.status_code == 200, answer.text
        return str(answer.json()["id"])

    async def a_quarantined_delivery(self, owner: Caller) -> str:
        id_ = await self.a_notification(owner, channels=["email"])
        deliveries = table_of(Delivery)
        moved = (
            update(deliveries).where(deliveries.c.notification_id == UUID(id_)).values(state="quarantined", due_at=None)
        )
        async with self.database.transaction() as connection:
            (found,) = (await connection.execute(moved.returning(deliveries.c.id))).scalars()
        return str(found)


@pytest.fixture
async def house(store_url: str) -> AsyncIterator[House]:
    async with _a_house(store_url) as house:
        yield house


@asynccontextmanager
async def _a_house(store_url: str) -> AsyncIterator[House]:
    async with a_guarded_client(store_url, Scope.PREFERENCES_WRITE) as client:
        await client.put(f"{API}/preferences/1", json=PREFERENCES)
        database = Database(Settings(database_url=store_url).database_url, wait=30)
        key_service = KeyService(database, SameDay(), actor="cli:ada")
        keys = {
            caller: await key_service.create(
                caller.name, set(Scope) if caller.admin else set(Scope) - {Scope.ADMIN}, test=caller.test
            )
            for caller in CALLERS
        }
        yield House(client, database, keys)
        await database.close()


Check = Callable[[House, Caller, str, str], Awaitable[None]]


async def _of_a_notification(house: House, caller: Caller, method: str, path: str) -> None:
    body = {"json": {"title": "changed"}} if method == "PATCH" else {}
    for owner in OWNERS:
        id_ = await house.a_notification(owner, send_at=FAR)

        answer = await house.ask(caller, method, path.format(notification_id=id_), **body)

        assert answer.status_code == (200 if caller.may_know_of(owner) else 404), (caller, owner, answer.text)
        _shows_only(answer, caller)


async def _of_a_quarantined_delivery(house: House, caller: Caller, method: str, path: str) -> None:
    for owner in OWNERS:
        id_ = await house.a_quarantined_delivery(owner)

        answer = await house.ask(caller, method, path.format(delivery_id=id_))

        expected = 403 if not caller.admin else 200 if caller.may_know_of(owner) else 404
        assert answer.status_code == expected, (caller, owner, answer.text)
        _shows_only(answer, caller)


async def _list_of_notifications(house: House, caller: Caller, method: str, path: str) -> None:
    for owner in OWNERS:
        await house.a_notification(owner)
        await house.a_notification(owner, send_at=FAR)
    queries = [
        "",
        "status=pending",
        "status=scheduled",
        "status=sent",
        "user_id=1",
        "category=general",
        "channel=email",
    ]
    for query in (*queries, *[f"reference={owner}" for owner in OWNERS], "category=general&status=pending"):
        found: list[dict[str, Any]] = []
        cursor = ""
        while cursor is not None:
            page = await house.ask(caller, method, f"{path}?{query}&limit=20" + (cursor and f"&cursor={cursor}"))
            found += page.json()["items"]
            cursor = page.json()["next"]

        expected = [str(owner) for owner in OWNERS if caller.may_know_of(owner)]
        if query.startswith("reference="):
            expected = [one for one in expected if query == f"reference={one}"]
        if query == "status=sent":
            expected = []
        assert {one["reference"] for one in found} - {None} == set(expected), (caller, query)


async def _list_of_quarantined_deliveries(house: House, caller: Caller, method: str, path: str) -> None:
    for owner in OWNERS:
        await house.a_quarantined_delivery(owner)

    answer = await house.ask(caller, method, f"{path}?limit=100")

    if caller.admin:
        known = {one["reference"] for one in answer.json()["items"]}
        assert known == {str(owner) for owner in OWNERS if caller.may_know_of(owner)}
    else:
        assert answer.status_code == 403


async def _submitting(house: House, caller: Caller, method: str, path: str) -> None:
    """An idempotency key of one caller has no effect on another caller."""
    one = NOTIFICATION | {"user_email": "ada@example.com", "user_phone_number": None}
    body = {"notifications": [one | {"idempotency_key": "item"}]} if path.endswith("batch") else one
    key = {"Idempotency-Key": path}
    for owner in OWNERS:
        await house.ask(owner, method, path, json=body, headers=key)

    answer = await house.ask(caller, method, path, json=body, headers=key)

    # A caller's own keys share a namespace, whatever they allow; no two callers and no two kinds do.
    ids = {}
    for other in CALLERS:
        again = await house.ask(other, method, path, json=body, headers=key)
        assert again.headers["Idempotency-Replayed"] == "true"
        ids[other] = (again.json()["results"][0] if path.endswith("batch") else again.json())["id"]
    assert answer.status_code == 200
    assert len(set(ids.values())) == 4
    assert all(
        ids[caller] == id_ for other, id_ in ids.items() if (caller.name, caller.test) == (other.name, other.test)
    )


async def _of_preferences(house: House, caller: Caller, method: str, path: str) -> None:
    """Live keys share what users want; what test keys say is for tests alone."""
    user = 100 + next(house.numbers)
    live, test = CALLERS[1], CALLERS[3]
    other_side, own_side = (live, test) if caller.test else (test, live)
    said = {"email_enabled": False, "sms_enabled": False}
    await house.ask(other_side, "PUT", f"/preferences/{user}", json=said)
    wanted = {"email_enabled": True, "sms_enabled": True}
    body = {"preferences": [{"user_id": user, **wanted}]} if path.endswith("batch") else wanted
    path = path.format(user_id=user)
    options = {"json": body} if method in ("POST", "PUT", "PATCH") else {}

    before = await house.ask(caller, method, path, **options)
    await house.ask(own_side, "PUT", f"/preferences/{user}", json=wanted)
    after = await house.ask(caller, method, path, **options)

    unknown = {"GET": 404, "PATCH": 404, "DELETE": 404, "PUT": 200}
    assert before.status_code == unknown.get(method, 200 if path.endswith("batch") else 201), before.text
    known = {"GET": 200, "PATCH": 200, "DELETE": 204, "PUT": 200}
    assert after.status_code == known.get(method, 200 if path.endswith("batch") else 400), after.text
    assert (await house.ask(other_side, "GET", f"/preferences/{user}")).json() == said


async def _of_the_record(house: House, caller: Caller, method: str, path: str) -> None:
    for owner in OWNERS:
        decider = next(one for one in CALLERS if one.admin and one.may_know_of(owner))
        await house.ask(decider, "POST", f"/quarantine/{await house.a_quarantined_delivery(owner)}/discard")

    answer = await house.ask(caller, method, f"{path}?limit=100")
    if not caller.admin:
        assert answer.status_code == 403
        return
    items = answer.json()["items"]
    while (last := answer.json()["next"]) is not None:
        answer = await house.ask(caller, method, f"{path}?limit=100&before={last}")
        items += answer.json()["items"]

    assert {one["details"]["kind"] for one in items if one["action"] == "key.created"} == {
        "test" if caller.test else "live"
    }
    deciders = {one["actor"] for one in items if one["action"] == "delivery.discarded"}
    assert deciders
    assert all(f"({'test' if caller.test else 'live'} key pa_" in actor for actor in deciders)


async def _of_pauses(house: House, caller: Caller, method: str, path: str) -> None:
    live = CALLERS[1]
    await house.ask(live, "PUT", "/pauses/viewing")

    answer = await house.ask(caller, method, path.format(name="viewing"))

    expected = 403 if not caller.admin or caller.test else 204 if method == "DELETE" else 200
    assert answer.status_code == expected
    assert expected != 403 or "anna" not in answer.text


async def _of_what_is_effective(house: House, caller: Caller, method: str, path: str) -> None:
    """Preferences set with test keys apply to tests only, in place of the live ones."""
    user = 100 + next(house.numbers)
    live, test = CALLERS[1], CALLERS[3]
    for owner in (live, test):
        switches = {"email_enabled": owner.test, "sms_enabled": not owner.test}
        await house.ask(owner, "PUT", f"/preferences/{user}", json=switches)

    answer = await house.ask(caller, method, f"{path.format(user_id=user)}?channel=email")

    assert answer.json()["decision"] == ("send" if caller.test else "suppress"), answer.text


async def _of_categories(house: House, caller: Caller, method: str, path: str) -> None:
    """Every caller reads categories; only live keys of operators change those that live messages depend on."""
    body = {"json": {"kind": "promotional"}} if method == "PUT" else {}

    answer = await house.ask(caller, method, path.format(name="viewing"), **body)

    refused = method != "GET" and (caller.test or not caller.admin)
    assert answer.status_code == (403 if refused else 204 if method == "DELETE" else 200)


async def _of_profiles(house: House, caller: Caller, method: str, path: str) -> None:
    """Profiles are of real people: no test key reads or changes one."""
    user = 100 + next(house.numbers)
    live = CALLERS[0]
    profile = {"language": "es"}
    await house.ask(live, "PUT", f"/users/{user}/profile", json=profile)

    body = {"json": profile} if method == "PUT" else {}
    answer = await house.ask(caller, method, path.format(user_id=user), **body)

    assert answer.status_code == (403 if caller.test else 204 if method == "DELETE" else 200), answer.text


async def _of_personal_data(house: House, caller: Caller, method: str, path: str) -> None:
    """Data are of real people: no test key reads or erases them."""
    answer = await house.ask(caller, method, path.format(user_id=100 + next(house.numbers)))

    assert answer.status_code == (403 if caller.test else 200), answer.text


async def _of_suppressions(house: House, caller: Caller, method: str, path: str) -> None:
    """The suppression list stops messages of all callers to real people: no test key reads or changes it."""
    body = {"user_id": 100 + next(house.numbers)}
    entry = (await house.ask(CALLERS[0], "POST", "/suppressions", json=body)).json()["id"]

    file = {"content": "user_id\n7\n", "headers": {"Content-Type": "text/csv"}}
    options: dict[str, Any] = {} if method != "POST" else file if path.endswith("import") else {"json": body}
    answer = await house.ask(caller, method, path.format(suppression_id=entry), **options)

    assert answer.status_code == 403 if caller.test else answer.is_success, answer.text


async def _of_replies(house: House, caller: Caller, method: str, path: str) -> None:
    """Replies are of real people: no test key reads or changes one."""
    body = {"json": {"handled": True}} if method == "PATCH" else {}

    answer = await house.ask(caller, method, path.format(reply_id=UUID(int=next(house.numbers))), **body)

    assert answer.status_code == (403 if caller.test else 404 if method == "PATCH" else 200), answer.text


async def _of_consents(house: House, caller: Caller, method: str, path: str) -> None:
    """Consent records say what real people decided: no test key reads them."""
    answer = await house.ask(caller, method, path.format(user_id=1))

    assert answer.status_code == 403 if caller.test else answer.is_success, answer.text


async def _of_listings(house: House, caller: Caller, method: str, path: str) -> None:
    """Live keys share listings, from which alerts to real people follow: no test key reads or changes one."""
    record = {"ListingKey": "1", "StandardStatus": "Active", "ModificationTimestamp": "2026-11-01T09:00:00Z"}
    await house.ask(CALLERS[0], "POST", "/listing-events", json=record)

    body = {"json": record} if method == "POST" else {}
    answer = await house.ask(caller, method, path.format(listing_key="1"), **body)

    assert answer.status_code == (403 if caller.test else 200), answer.text


async def _of_properties(house: House, caller: Caller, method: str, path: str) -> None:
    """Operators with live keys correct what listings are: alerts to real people follow from it."""
    record = {"ListingKey": "1", "StandardStatus": "Active", "ModificationTimestamp": "2026-11-01T09:00:00Z"}
    await house.ask(CALLERS[0], "POST", "/listing-events", json=record)
    history = await house.ask(CALLERS[0], "GET", "/listings/1/history")
    property_id = history.json()["property_id"]

    body = {"listings": [{"ListingKey": "1"}]} if path.endswith("split") else {"property_id": property_id}
    sent = {"json": body} if method == "POST" else {}
    answer = await house.ask(caller, method, path.format(property_id=property_id), **sent)

    expected = 403 if not caller.admin or caller.test else 409 if method == "POST" else 200
    assert answer.status_code == expected, answer.text


async def _of_entity_events(house: House, caller: Caller, method: str, path: str) -> None:
    """Records of listings follow from events, so test keys send none."""
    event = {"EntityEventSequence": 1, "ResourceName": "Property", "ResourceRecordKey": "1"}

    answer = await house.ask(caller, method, path, json=event)

    assert answer.status_code == (403 if caller.test else 200), answer.text


async def _of_saved_searches(house: House, caller: Caller, method: str, path: str) -> None:
    """Live keys share the searches of users, from which alerts to real people follow."""
    search = {"SavedSearchName": "Home", "Criteria": {"City": ["Seattle"]}}
    live = next(one for one in CALLERS if not one.test)
    saved = await house.ask(live, "POST", "/users/1/saved-searches", json=search)
    key = saved.json()["SavedSearchKey"]

    asked: dict[str, Any] = search
    if path.endswith("preview"):
        asked = {"Criteria": search["Criteria"]}
    if path.endswith("backtest"):
        asked = {}
    if "approvals" in path:
        asked = {"ids": [key]}
    body = {"json": asked} if method in _WITH_BODY else {}
    answer = await house.ask(caller, method, path.format(user_id=1, key=key), **body)

    assert answer.status_code == 403 if caller.test else answer.is_success, answer.text


async def _of_listing_preferences(house: House, caller: Caller, method: str, path: str) -> None:
    """They decide what real people hear of."""
    record = {"ListingKey": "7", "StandardStatus": "Active", "ModificationTimestamp": "2026-11-01T09:00:00Z"}
    live = next(one for one in CALLERS if not one.test)
    await house.ask(live, "POST", "/listing-events", json=record)
    preference = {"ContactListingPreference": "Favorite"}
    await house.ask(live, "PUT", "/users/1/listings/7/preference", json=preference)

    body = {"json": preference} if method == "PUT" else {}
    answer = await house.ask(caller, method, path.format(user_id=1, listing_key="7"), **body)

    assert answer.status_code == 403 if caller.test else answer.is_success, answer.text


_WITH_BODY = ("POST", "PATCH")


async def _of_a_schedule(house: House, caller: Caller, method: str, path: str) -> None:
    body = {"json": {"title": "changed"}} if method == "PATCH" else {}
    for owner in OWNERS:
        id_ = await _a_schedule(house, owner)

        answer = await house.ask(caller, method, path.format(schedule_id=id_), **body)

        known = 204 if method == "DELETE" else 200
        assert answer.status_code == (known if caller.may_know_of(owner) else 404), (caller, owner, answer.text)
        _shows_only(answer, caller)


async def _list_of_schedules(house: House, caller: Caller, method: str, path: str) -> None:
    for owner in OWNERS:
        await _a_schedule(house, owner)

    answer = await house.ask(caller, method, f"{path}?limit=100")

    known = {one["reference"] for one in answer.json()["items"]} - {None}
    assert known == {str(owner) for owner in OWNERS if caller.may_know_of(owner)}


async def _submitting_a_schedule(house: House, caller: Caller, method: str, path: str) -> None:
    ids = {owner: await _a_schedule(house, owner) for owner in OWNERS}

    answers = {owner: await house.ask(caller, "GET", f"{path}/{id_}") for owner, id_ in ids.items()}

    assert method == "POST"
    assert {owner for owner, answer in answers.items() if answer.is_success} == {
        owner for owner in OWNERS if caller.may_know_of(owner)
    }


_URL = "https://example.com/hook"


async def _a_webhook(house: House, owner: Caller) -> str:
    answer = await house.ask(owner, "POST", "/webhooks", json={"url": _URL, "description": str(owner)})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def _of_a_webhook(house: House, caller: Caller, method: str, path: str) -> None:
    bodies = {"PATCH": {"url": _URL}, "POST": {"since": "2026-01-01T00:00:00Z"} if path.endswith("replay") else {}}
    for owner in OWNERS:
        id_ = await _a_webhook(house, owner)
        options = {"json": bodies[method]} if method in bodies else {}

        answer = await house.ask(caller, method, path.format(webhook_id=id_), **options)

        known = 204 if method == "DELETE" else 200
        assert answer.status_code == (known if caller.may_know_of(owner) else 404), (caller, owner, answer.text)
        await house.ask(owner, "DELETE", f"/webhooks/{id_}")


async def _list_of_webhooks(house: House, caller: Caller, method: str, path: str) -> None:
    ids = {owner: await _a_webhook(house, owner) for owner in OWNERS}

    answer = await house.ask(caller, method, path)

    known = {one["description"] for one in answer.json()["items"]}
    assert known == {str(owner) for owner in OWNERS if caller.may_know_of(owner)}
    for owner, id_ in ids.items():
        await house.ask(owner, "DELETE", f"/webhooks/{id_}")


async def _creating_a_webhook(house: House, caller: Caller, method: str, path: str) -> None:
    """It gets the events of the caller's notifications, of all callers with `admin`, and of the key's mode only."""
    answer = await house.ask(caller, method, path, json={"url": _URL})

    created = answer.json()
    assert (created["caller"], created["test"]) == (None if caller.admin else caller.name, caller.test)
    await house.ask(caller, "DELETE", f"/webhooks/{created['id']}")


async def _a_schedule(house: House, owner: Caller) -> str:
    body = NOTIFICATION | {"user_email": f"{owner}@example.com", "user_phone_number": None, "reference": str(owner)}
    rule = {"rrule": "FREQ=DAILY", "start": "2040-01-01T09:00", "time_zone": "Europe/Berlin"}
    answer = await house.ask(owner, "POST", "/schedules", json=body | rule)
    assert answer.is_success, answer.text
    return str(answer.json()["id"])


def _shows_only(answer: Answer, caller: Caller) -> None:
    for owner in OWNERS:
        assert caller.may_know_of(owner) or str(owner) not in answer.text, (caller, owner)


CHECKS: dict[str, Check] = {
    "schedule_notification": _submitting,
    "schedule_notifications": _submitting,
    "list_notifications": _list_of_notifications,
    "read_notification": _of_a_notification,
    "change_notification": _of_a_notification,
    "cancel_notification": _of_a_notification,
    "list_notification_consents": _of_a_notification,
    "create_preference": _of_preferences,
    "create_preferences": _of_preferences,
    "read_preference": _of_preferences,
    "read_effective_preference": _of_what_is_effective,
    "list_categories": _of_categories,
    "read_category": _of_categories,
    "put_category": _of_categories,
    "delete_category": _of_categories,
    "put_preference": _of_preferences,
    "patch_preference": _of_preferences,
    "delete_preference": _of_preferences,
    "create_schedule": _submitting_a_schedule,
    "list_schedules": _list_of_schedules,
    "read_schedule": _of_a_schedule,
    "change_schedule": _of_a_schedule,
    "delete_schedule": _of_a_schedule,
    "pause_schedule": _of_a_schedule,
    "resume_schedule": _of_a_schedule,
    "list_occurrences": _of_a_schedule,
    "read_profile": _of_profiles,
    "put_profile": _of_profiles,
    "delete_profile": _of_profiles,
    "list_suppressions": _of_suppressions,
    "add_suppression": _of_suppressions,
    "release_suppression": _of_suppressions,
    "import_suppressions": _of_suppressions,
    "export_suppressions": _of_suppressions,
    "list_replies": _of_replies,
    "change_reply": _of_replies,
    "list_consents": _of_consents,
    "export_consents": _of_consents,
    "take_listing_events": _of_listings,
    "take_entity_events": _of_entity_events,
    "read_listing": _of_listings,
    "read_listing_history": _of_listings,
    "create_saved_search": _of_saved_searches,
    "list_saved_searches": _of_saved_searches,
    "read_saved_search": _of_saved_searches,
    "change_saved_search": _of_saved_searches,
    "delete_saved_search": _of_saved_searches,
    "view_saved_search": _of_saved_searches,
    "pause_saved_search": _of_saved_searches,
    "resume_saved_search": _of_saved_searches,
    "preview_saved_search": _of_saved_searches,
    "backtest_searches": _of_saved_searches,
    "backtest_saved_search": _of_saved_searches,
    "list_approvals": _of_saved_searches,
    "approve_alerts": _of_saved_searches,
    "reject_alerts": _of_saved_searches,
    "list_all_approvals": _of_saved_searches,
    "approve_alerts_of_all": _of_saved_searches,
    "reject_alerts_of_all": _of_saved_searches,
    "list_listing_preferences": _of_listing_preferences,
    "put_listing_preference": _of_listing_preferences,
    "read_listing_preference": _of_listing_preferences,
    "explain_listing": _of_listing_preferences,
    "delete_listing_preference": _of_listing_preferences,
    "export_data": _of_personal_data,
    "erase_data": _of_personal_data,
    "create_webhook": _creating_a_webhook,
    "list_webhooks": _list_of_webhooks,
    "read_webhook": _of_a_webhook,
    "change_webhook": _of_a_webhook,
    "delete_webhook": _of_a_webhook,
    "rotate_webhook_secret": _of_a_webhook,
    "test_webhook": _of_a_webhook,
    "list_webhook_deliveries": _of_a_webhook,
    "replay_webhook": _of_a_webhook,
    "list_quarantine": _list_of_quarantined_deliveries,
    "read_quarantined": _of_a_quarantined_delivery,
    "replay_quarantined": _of_a_quarantined_delivery,
    "discard_quarantined": _of_a_quarantined_delivery,
    "list_changes": _of_the_record,
    "read_property": _of_properties,
    "split_property": _of_properties,
    "merge_property": _of_properties,
    "list_pauses": _of_pauses,
    "pause_sending": _of_pauses,
    "resume_sending": _of_pauses,
}
"""What separates callers at each call. A new call needs its own line here."""

OPERATIONS = {
    operation["operationId"]: (method.upper(), path.removeprefix(API))
    for path, operations in DOCUMENT["paths"].items()
    for method, operation in operations.items()
    if path.startswith(API)
}


def test_every_call_is_looked_at() -> None:
    assert {name for name, (method, _) in OPERATIONS.items() if method != "HEAD"} == set(CHECKS)


async def test_a_caller_sees_nothing_of_another_caller(house: House) -> None:
    for operation, check in CHECKS.items():
        method, path = OPERATIONS[operation]
        for caller in ANNAS:
            await check(house, caller, method, path.removesuffix("/") or path)
