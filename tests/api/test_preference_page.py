"""The preference page over HTTP: whoever has its link sees and changes what one user gets, and nothing else."""

import asyncio
import itertools
import re
from collections.abc import Callable
from datetime import timedelta
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode

import httpx2
import pytest
from sqlalchemy import text

from chaos.broken_rows import run
from property_alert_notification.base.settings import Settings
from property_alert_notification.base.vocabulary import Channel
from property_alert_notification.database import Database
from property_alert_notification.feedback.unsubscribe.tokens import Link, Purpose, Tokens
from property_alert_notification.people.suppressions.rules import SuppressionReason
from tests.api.conftest import PREFERENCES, a_client, accept
from tests.services.clock import SameDay

TOKENS = Tokens(Settings().link_keys)
USER = Link(1)
RICH = PREFERENCES | {
    "time_zone": "Europe/Madrid",
    "quiet_hours": [{"days": ["mon"], "from": "21:00", "to": "08:00"}],
    "caps": {"email": {"day": 3}},
    "categories": {"offer": {"sms": "never"}},
}
ALERTS = "often.listing_alert.email"
API = "/api/v1/preferences/1"

Answer = httpx2.Response


def path_of(link: Link = USER, purpose: Purpose = Purpose.PREFERENCES) -> str:
    return f"/preferences/{TOKENS.make(purpose, link)}"


def form_of(action: str = "save", link: Link = USER, **fields: Any) -> dict[str, Any]:
    return {"form": TOKENS.make(Purpose.PREFERENCES_FORM, link), "action": action, **fields}


async def save(client: httpx2.AsyncClient, fields: dict[str, Any], *, link: Link = USER) -> Answer:
    """Send the form; returns the page that follows."""
    answer = await client.post(path_of(link), data=form_of(link=link, **fields))
    assert answer.status_code == 303, answer.text
    return await client.get(path_of(link) + answer.headers["location"])


async def press(client: httpx2.AsyncClient, action: str) -> str:
    answer = await client.post(path_of(), data=form_of(action))
    assert answer.status_code == 303, answer.text
    return (await client.get(path_of() + answer.headers["location"])).text


async def preferences(client: httpx2.AsyncClient) -> Any:
    return (await client.get(API)).json()


async def decision(client: httpx2.AsyncClient, category: str = "listing_alert", channel: str = "email") -> Any:
    asked = {"category": category, "channel": channel}
    return (await client.get(f"{API}/effective", params=asked)).json()["reason_code"]


async def entries(client: httpx2.AsyncClient) -> list[str]:
    return [one["reason"] for one in (await client.get("/api/v1/suppressions")).json()["items"]]


async def suppress(client: httpx2.AsyncClient, **fields: Any) -> None:
    answer = await client.post("/api/v1/suppressions", json={"user_id": 1, "reason": "unsubscribe", **fields})
    assert answer.status_code == 201, answer.text


def chosen(page: str, name: str) -> str | None:
    """The value of a choice on the page; None if the page has no such choice."""
    select = re.search(rf'<select id="{re.escape(name)}".*?</select>', page, re.DOTALL)
    return select and re.findall(r'value="([^"]*)" selected', select[0])[0]


async def test_the_page_shows_and_saves_preferences(client: httpx2.AsyncClient) -> None:
    await client.put(API, json=RICH)
    page = (await client.get(path_of())).text
    assert (chosen(page, ALERTS), chosen(page, "often.offer.sms"), chosen(page, "zone")) == (
        "asap",
        "never",
        "Europe/Madrid",
    )

    saved = await save(client, {ALERTS: "daily", "switch.sms": "off", "language": "es", "often.offer.sms": "never"})

    assert await preferences(client) == RICH | {
        "sms_enabled": False,
        "language": "es",
        "categories": {"offer": {"sms": "never"}, "listing_alert": {"email": "daily"}},
    }
    assert 'lang="es"' in saved.text
    for line in ("SMS: desactivado", "Avisos de propiedades por correo electrónico: Una vez al día"):
        assert f"<li>{line}</li>" in saved.text
    assert "<li>Ofertas" not in saved.text
    assert await decision(client) == "collected"


async def test_stop_everything_is_one_click_and_can_be_undone(client: httpx2.AsyncClient) -> None:
    await client.put(API, json=RICH)

    stopped = await press(client, "stop")

    assert await decision(client) == "suppressed_unsubscribe"
    assert await decision(client, "account") == "category_required"
    assert "Undo</button>" in stopped
    assert "These still come" in stopped
    assert "Account" in stopped
    assert chosen(stopped, ALERTS) == "never"
    assert "Start again</button>" in (await client.get(path_of())).text
    await press(client, "stop")
    assert await entries(client) == ["unsubscribe"]

    started = await press(client, "start")

    assert "Start again" not in started
    assert (await decision(client), await entries(client)) == ("user_opted_in", [])
    assert await preferences(client) == RICH
    records = (await client.get("/api/v1/audit")).json()["items"]
    assert [(one["actor"], one["action"]) for one in records] == [
        ("preference page", "suppression.released"),
        ("preference page", "suppression.added"),
    ]


async def test_an_unsubscribed_category_is_switched_on_again(client: httpx2.AsyncClient) -> None:
    await client.put(API, json=PREFERENCES)
    await suppress(client, channel="email", category="listing_alert")
    assert chosen((await client.get(path_of())).text, ALERTS) == "never"

    saved = await save(client, {ALERTS: "asap"})

    assert "Listing alerts by email: At once" in saved.text
    assert (await entries(client), await decision(client)) == ([], "user_opted_in")
    record = (await client.get("/api/v1/audit")).json()["items"][0]
    assert (record["actor"], record["action"]) == ("preference page", "suppression.released")


async def test_a_click_on_the_link_of_an_email_is_taken_back_on_the_page(lite: httpx2.AsyncClient) -> None:
    about = Link(1, Channel("email"), "listing_alert")
    clicked = await lite.post(f"/u/{TOKENS.make(Purpose.UNSUBSCRIBE, about)}", data={"List-Unsubscribe": "One-Click"})
    assert clicked.status_code == 200
    page = f"/preferences/{TOKENS.make(Purpose.PREFERENCES, about)}"
    assert chosen((await lite.get(page)).text, ALERTS) == "never"

    await save(lite, {ALERTS: "daily"}, link=about)

    assert (await entries(lite), await decision(lite)) == ([], "collected")


async def test_only_what_the_user_wants_again_starts_when_a_general_entry_is_released(lite: httpx2.AsyncClient) -> None:
    await press(lite, "stop")

    await save(lite, {ALERTS: "asap", "often.listing_alert.sms": "never", "often.digest.email": "never"})

    assert await entries(lite) == []
    assert await decision(lite) == "user_opted_in"
    assert await decision(lite, "listing_alert", "sms") == "category_refused"
    assert await decision(lite, "digest") == "category_refused"


@pytest.mark.parametrize("reason", sorted(set(SuppressionReason) - {"unsubscribe", "erased"}))
async def test_other_entries_are_shown_and_stay(lite: httpx2.AsyncClient, reason: str) -> None:
    await lite.put("/api/v1/users/1/profile", json={"email": "ada@example.com"})
    about = {"user_id": None, "channel": "email", "address": "ada@example.com"}
    await suppress(lite, **about, reason=reason, expires_at="2199-01-01T00:00:00Z")

    page = (await lite.get(path_of())).text
    await save(lite, {ALERTS: "daily"})

    assert (chosen(page, ALERTS), chosen(page, "often.listing_alert.sms")) == (None, "asap")
    assert "This page cannot change it." in page
    assert "ada@" not in page
    assert await entries(lite) == [reason]
    await press(lite, "start")
    assert await entries(lite) == [reason]


async def test_an_unsubscribed_address_of_the_user_is_released_too(lite: httpx2.AsyncClient) -> None:
    await lite.put("/api/v1/users/1/profile", json={"email": "ada@example.com"})
    await suppress(lite, user_id=None, channel="email", address="ada@example.com", category="listing_alert")
    await suppress(lite, user_id=2)

    await save(lite, {ALERTS: "asap"})

    assert len(await entries(lite)) == 1
    assert await decision(lite) == "user_opted_in"


async def test_an_old_page_undoes_nothing_that_happened_since(lite: httpx2.AsyncClient) -> None:
    """Least of all an opt-out: only what the user changed on the page is changed."""
    old = (await lite.get(path_of())).text
    [shown] = re.findall(r'name="shown" value="([^"]*)"', old)
    await suppress(lite, channel="email", category="listing_alert")
    await press(lite, "stop")
    await lite.patch(API, json={"sms_enabled": False, "quiet_hours": RICH["quiet_hours"], "language": "en"})
    everything = parse_qs(unescape(shown), keep_blank_values=True)

    saved = await save(lite, everything | {"shown": unescape(shown), "zone": "Asia/Tokyo"})

    assert re.findall("<li>(.*)</li>", saved.text) == ["Time zone: Asia/Tokyo"]
    assert len(await entries(lite)) == 2
    assert await preferences(lite) == {
        "email_enabled": True,
        "sms_enabled": False,
        "language": "en",
        "time_zone": "Asia/Tokyo",
        "quiet_hours": RICH["quiet_hours"],
    }


async def test_a_user_without_preferences_makes_them_by_saving(client: httpx2.AsyncClient) -> None:
    page = await client.get(path_of())
    assert (page.status_code, "We send you nothing yet" in page.text) == (200, True)
    assert (await client.get(API)).status_code == 404

    saved = await save(client, {"switch.email": ["off", "on"], "switch.sms": "off", ALERTS: "daily"})

    assert "<li>Email: on</li><li>SMS: off</li>" in saved.text
    assert await preferences(client) == {
        "email_enabled": True,
        "sms_enabled": False,
        "categories": {"listing_alert": {"email": "daily"}},
    }


async def test_a_user_who_withdrew_all_consent_starts_from_nothing(lite: httpx2.AsyncClient) -> None:
    await lite.delete(API)

    page = (await lite.get(path_of())).text
    assert "checked" not in page
    await save(lite, {"switch.sms": "on"})

    assert await preferences(lite) == {"email_enabled": False, "sms_enabled": True}


async def test_default_preferences_are_shown_and_saved_with_the_changes(
    tmp_path: Path, migrated_sqlite: Callable[[Path], str]
) -> None:
    async with a_client(database_url=migrated_sqlite(tmp_path / "a.db"), default_preferences="email") as client:
        assert "We send you nothing yet" not in (await client.get(path_of())).text

        await save(client, {"zone": "Asia/Tokyo"})

        wanted = {"email_enabled": True, "sms_enabled": False, "time_zone": "Asia/Tokyo"}
        assert await preferences(client) == wanted


async def test_what_cannot_be_used_is_shown_again_with_its_errors(lite: httpx2.AsyncClient) -> None:
    hostile = '"><script>alert(1)</script>'
    fields = {"zone": hostile, ALERTS: "daily", "quiet.0.days": "fri", "quiet.0.from": "22:00", "quiet.0.to": ""}

    answer = await lite.post(path_of(), data=form_of(**fields))

    assert answer.status_code == 422
    assert "<title>Error: " in answer.text
    assert '<a href="#quiet.0.to">Quiet hours 1: Enter both times' in answer.text
    assert 'aria-describedby="quiet.0.to-error" aria-invalid="true"' in answer.text
    assert chosen(answer.text, ALERTS) == "daily"
    assert 'value="22:00"' in answer.text
    assert "<script" not in answer.text
    assert "&lt;script&gt;" in answer.text
    assert await preferences(lite) == PREFERENCES


async def test_too_many_frequencies_are_an_error_of_the_page(lite: httpx2.AsyncClient) -> None:
    many = {f"own-{number}": {"email": "daily"} for number in range(100)}
    await lite.put(API, json=PREFERENCES | {"categories": many})

    answer = await lite.post(path_of(), data=form_of(**{ALERTS: "daily"}))

    assert (answer.status_code, 'id="topics-error"' in answer.text) == (422, True)
    everything = {f"often.{name}.email": "weekly" for name in many}
    assert "and others" in (await save(lite, everything)).text


WRONG_LINKS = {
    "garbled": "/preferences/abc",
    "changed": path_of()[:-4] + "AAAQ",
    "of another purpose": path_of(purpose=Purpose.UNSUBSCRIBE),
    "too long": f"/preferences/{'a' * 5_000}",
    "too old": path_of(USER._replace(expires_at=SameDay().now() - timedelta(seconds=1))),
}


@pytest.mark.parametrize("path", WRONG_LINKS.values(), ids=WRONG_LINKS)
async def test_a_wrong_link_is_explained_and_reveals_nothing(lite: httpx2.AsyncClient, path: str) -> None:
    shown = await lite.get(path, headers={"Accept-Language": "es"})
    sent = await lite.post(path, content=b"\xff" * 1_000, headers={"Content-Type": "text/plain"})

    assert (shown.status_code, sent.status_code) == (404, 404)
    assert "Este enlace no funciona" in shown.text
    assert "This link does not work" in sent.text
    assert "form" not in sent.text.partition("<body>")[2]
    assert path.rpartition("/")[2] not in shown.text


async def test_a_link_works_until_it_expires(lite: httpx2.AsyncClient) -> None:
    link = USER._replace(expires_at=(SameDay().now() + timedelta(hours=1)).replace(microsecond=0))

    assert "Saved" in (await save(lite, {ALERTS: "daily"}, link=link)).text


CROSS_SITE = {"Sec-Fetch-Site": "cross-site"}
STOP = form_of("stop")
FORMS: dict[str, tuple[dict[str, Any], dict[str, str], int]] = {
    "without a form token": ({"action": "stop"}, {}, 403),
    "with the token of the link": (STOP | {"form": TOKENS.make(Purpose.PREFERENCES, USER)}, {}, 403),
    "with the token of another user": (form_of("stop", Link(2)), {}, 403),
    "with two tokens": (STOP | {"form": [STOP["form"]] * 2}, {}, 403),
    "from another site": (STOP, CROSS_SITE, 403),
    "from another origin": (STOP, {"Origin": "https://evil.test"}, 403),
    "without an action": (STOP | {"action": ""}, {}, 400),
    "with two actions": (STOP | {"action": ["stop", "stop"]}, {}, 400),
    "as JSON": (STOP, {"Content-Type": "application/json"}, 400),
    "too large": (STOP | {"more": "x" * 100_000}, {}, 413),
    "not in UTF-8": (STOP | {"x": b"\xff"}, {}, 400),
}


@pytest.mark.parametrize(("form", "headers", "status"), FORMS.values(), ids=FORMS)
async def test_a_form_that_the_page_did_not_make_changes_nothing(
    tmp_path: Path,
    migrated_sqlite: Callable[[Path], str],
    form: dict[str, Any],
    headers: dict[str, str],
    status: int,
) -> None:
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    body = urlencode(form, doseq=True)
    async with a_client(database_url=migrated_sqlite(tmp_path / "a.db"), allow_remote=True) as client:
        answer = await client.post(path_of(), content=body, headers=kind | headers)

        assert (answer.status_code, await entries(client)) == (status, [])
        assert answer.headers["content-type"].startswith("text/html")


async def test_get_and_head_change_nothing(lite: httpx2.AsyncClient) -> None:
    query = "?action=stop&done=stopped&names=zone,switch.email&lang=es"

    shown = await lite.get(path_of() + query)
    head = await lite.head(path_of())

    assert (shown.status_code, head.status_code, head.text) == (200, 200, "")
    assert int(head.headers["content-length"]) == len((await lite.get(path_of())).content)
    assert (await entries(lite), await preferences(lite)) == ([], PREFERENCES)
    assert "Deshacer" not in shown.text
    assert (await lite.get(path_of() + "/")).status_code == 200


async def test_every_answer_is_private(lite: httpx2.AsyncClient) -> None:
    refused = await lite.post(path_of(), data={"action": "stop"})
    saved = await lite.post(path_of(), data=form_of())
    answers = [await lite.get(path_of()), await lite.get("/preferences/abc"), refused, saved]

    for answer in answers:
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy + str("script-src" in policy)
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert "noindex" in answer.headers["x-robots-tag"]
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "set-cookie" not in answer.headers
        assert "<script" not in answer.text


async def test_the_page_shows_no_personal_data(lite: httpx2.AsyncClient) -> None:
    profile = {"email": "grace@example.com", "phone_number": "+14155552671", "name": "Grace Hopper", "language": "es"}
    await lite.put("/api/v1/users/1/profile", json=profile)

    page = (await lite.get(path_of())).text

    assert '<html lang="es">' in page
    assert not re.search(r"grace|hopper|4155552671", page, re.IGNORECASE)


@pytest.mark.parametrize("damage", ['{"quiet_hours":7}', "nonsense", '{"caps":{"email":[0,null]}}'])
async def test_damaged_preferences_are_explained_and_set_anew(
    client: httpx2.AsyncClient, store_url: str, damage: str
) -> None:
    await client.put(API, json=RICH)
    await run(store_url, [f"UPDATE preferences SET rules = '{damage}'"])

    page = await client.get(path_of())
    saved = await save(client, {"zone": "Asia/Tokyo"})

    assert (page.status_code, "cannot be read" in page.text, page.text.count(" checked")) == (200, True, 2)
    assert "cannot be read" not in saved.text
    assert await preferences(client) == PREFERENCES | {"time_zone": "Asia/Tokyo"}


async def test_stopping_everything_outlasts_an_entry_that_expires(lite: httpx2.AsyncClient) -> None:
    await suppress(lite, expires_at="2199-01-01T00:00:00Z")

    await press(lite, "stop")

    [entry] = (await lite.get("/api/v1/suppressions")).json()["items"]
    assert entry["expires_at"] is None


async def test_an_expired_entry_is_not_on_the_page(lite: httpx2.AsyncClient) -> None:
    await suppress(lite, expires_at="2026-01-01T00:00:00Z")

    page = (await lite.get(path_of())).text

    assert ("Start again" in page, chosen(page, ALERTS)) == (False, "asap")


async def test_a_damaged_entry_of_the_list_stops_everything_and_the_page_says_so(
    lite: httpx2.AsyncClient, tmp_path: Path
) -> None:
    await suppress(lite, channel="email")
    await run(f"sqlite:///{tmp_path}/lite.db", ["UPDATE suppressions SET scope = 'some'"])

    page = (await lite.get(path_of())).text

    assert "Stopped by our staff" in page
    assert chosen(page, ALERTS) is None


async def test_the_page_of_a_test_changes_test_preferences_only(client: httpx2.AsyncClient, store_url: str) -> None:
    await client.put(API, json=RICH)
    await suppress(client, reason="complaint")
    link = USER._replace(test=True)

    page = (await client.get(path_of(link))).text
    await save(client, {"switch.email": "on", ALERTS: "daily"}, link=link)

    assert "test page" in page
    assert "We send you nothing yet" in page
    assert "unwanted" not in page
    assert "Stop everything</button>" not in page
    assert await preferences(client) == RICH
    for action in ("stop", "start"):
        assert (await client.post(path_of(link), data=form_of(action, link))).status_code == 400
    assert (await client.post(path_of(), data=form_of("stop", link))).status_code == 403
    assert await entries(client) == ["complaint"]
    assert await rows(store_url, "SELECT channels, rules FROM test_preferences") == [
        ("email", '{"categories":{"listing_alert":{"email":"daily"}}}')
    ]


async def rows(store_url: str, statement: str) -> list[tuple[Any, ...]]:
    database = Database(Settings(database_url=store_url).database_url, wait=30)
    async with database.reading() as connection:
        found = [tuple(row) for row in await connection.execute(text(statement))]
    await database.close()
    return found


async def test_saving_evaluates_waiting_messages_again(caller: httpx2.AsyncClient, store_url: str) -> None:
    await caller.patch(API, json={"categories": {"viewing": {"email": "weekly", "sms": "weekly"}}})
    await accept(caller, category="viewing")
    due = "SELECT count(*) FROM digest_windows WHERE due_at > '2100-01-01'"
    await run(store_url, ["UPDATE digest_windows SET due_at = '2199-01-01 00:00:00.000000+00:00'"])
    assert await rows(store_url, due) == [(2,)]

    await save(caller, {"often.viewing.email": "asap"})

    assert await rows(store_url, due) == [(0,)]


async def test_an_own_category_is_on_the_page(client: httpx2.AsyncClient) -> None:
    await client.put("/api/v1/categories/price_drop", json={"kind": "promotional", "default": {"sms": "weekly"}})

    page = (await client.get(path_of())).text

    assert "<h3>Price drop</h3>" in page
    assert chosen(page, "often.price_drop.sms") == "weekly"


async def test_a_channel_that_no_provider_carries_is_not_on_the_page(
    tmp_path: Path, migrated_sqlite: Callable[[Path], str]
) -> None:
    async with a_client(database_url=migrated_sqlite(tmp_path / "a.db"), sms_provider="none") as client:
        await client.put(API, json=RICH)

        page = (await save(client, {"switch.email": "off"})).text

        assert "SMS" not in page
        assert await preferences(client) == RICH | {"email_enabled": False}


async def test_the_token_is_in_no_log_and_no_metric(
    lite: httpx2.AsyncClient, capfd: pytest.CaptureFixture[str]
) -> None:
    await save(lite, {ALERTS: "daily"})
    await lite.post(path_of(), data=form_of("stop"), headers=CROSS_SITE)
    metrics = (await lite.get("/metrics")).text

    assert 'route="/preferences/{token}"' in metrics
    told = "".join(capfd.readouterr()) + metrics
    assert path_of().rpartition("/")[2] not in told
    assert form_of()["form"] not in told


async def test_the_language_of_the_page_can_be_switched_and_is_kept(lite: httpx2.AsyncClient) -> None:
    page = (await lite.get(path_of() + "?lang=es", headers={"Accept-Language": "en"})).text
    saved = await lite.post(path_of() + "?lang=es", data=form_of(**{ALERTS: "daily"}))

    assert '<html lang="es">' in page
    assert 'action="?lang=es"' in page
    assert saved.headers["location"].startswith("?lang=es&done=saved")
    assert 'action="?"' in (await lite.get(path_of())).text


async def test_the_page_is_saved_by_several_tabs_while_everything_is_stopped_and_started(
    client: httpx2.AsyncClient,
) -> None:
    await client.put(API, json=PREFERENCES)
    often = itertools.cycle(["daily", "asap", "weekly"])
    forms = [form_of(action, **{ALERTS: next(often)}) for action in ["save", "stop", "save", "start"] * 5]

    answers = await asyncio.gather(*(client.post(path_of(), data=form) for form in forms))

    assert {answer.status_code for answer in answers} == {303}
    await press(client, "start")
    assert await entries(client) == []
    assert (await client.get(path_of())).status_code == 200
