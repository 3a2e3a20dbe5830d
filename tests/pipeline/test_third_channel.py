"""A channel is one file: one that only this test has goes all the ways that `email` and `sms` go."""

import ast
import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest

from property_alert_notification.base.settings import Settings
from property_alert_notification.feedback.unsubscribe.tokens import Link, Purpose, Tokens
from tests.cli.command import Running, running
from tests.services.callers import a_blocking_caller
from tests.services.process import free_port, wait_until
from tests.services.program import ROOT, environment

CHANNEL = "carrier_note"
MADE_UP = f"""
from property_alert_notification import channels
channels.__path__.append({str(ROOT / "tests" / "channels" / "made_up")!r})
"""
PROGRAM = (
    sys.executable,
    "-c",
    f"""{MADE_UP}
from property_alert_notification.cli import main
main()
""",
)
PREFERENCES, NOTIFICATIONS = "/api/v1/preferences", "/api/v1/notifications"
WANTED = {"email_enabled": False, "sms_enabled": False, "channels": {CHANNEL: True}}

Answer = dict[str, Any]


@pytest.fixture(params=["sqlite", "postgresql"])
def service(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Running]:
    """The service with the made-up channel: everything embedded, or on PostgreSQL and RabbitMQ."""
    port = free_port()
    settings = {
        "DATABASE_URL": f"sqlite:///{tmp_path}/app.db",
        "LOG_LEVEL": "warning",
        "RETRY_FIRST_WAIT": "0.05",
        "RETRY_LONGEST_WAIT": "0.05",
    }
    if request.param == "postgresql":
        settings |= {
            "DATABASE_URL": request.getfixturevalue("migrated_postgres_url"),
            "QUEUE_BROKER_URL": request.getfixturevalue("rabbitmq_url"),
            "QUEUE_ROUTING_KEY": f"third-{tmp_path.name}-{port}",
        }
    (tmp_path / ".env").write_text("".join(f"{name}={value}\n" for name, value in settings.items()))
    with running(tmp_path, "dev", "--port", str(port), ready="Ctrl-C", port=port, program=PROGRAM) as started:
        yield started


@pytest.fixture
def client(service: Running) -> Iterator[httpx2.Client]:
    """A caller of the service."""
    with a_blocking_caller(service.url) as client:
        yield client


def command(service: Running, *arguments: str) -> str:
    """What one command of the service prints."""
    done = subprocess.run(
        [*PROGRAM, *arguments], cwd=service.folder, env=environment(), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def a_note(**fields: object) -> Answer:
    """A notification to a roof."""
    body = {"title": "A home", "message": "Come and see", "user_id": 1, "user_email": None, "user_phone_number": None}
    return {**body, "addresses": {CHANNEL: "Roof-7"}, **fields}


def accepted(client: httpx2.Client, **fields: object) -> str:
    """Hand a note over; returns the notification's id."""
    answer = client.post(f"{NOTIFICATIONS}/", json=a_note(**fields))
    assert answer.status_code == 200, answer.text
    return str(answer.json()["id"])


def until(client: httpx2.Client, service: Running, notification: str, *states: str) -> Answer:
    """Its only delivery, once it is in one of these states."""

    def deliveries() -> list[Answer]:
        found: list[Answer] = client.get(f"{NOTIFICATIONS}/{notification}").json()["deliveries"]
        return found

    wait_until(
        lambda: [one["state"] in states for one in deliveries()] == [True],
        process=service.process,
        log=lambda: f"{deliveries()}\n{service.errors()}",
    )
    return deliveries()[0]


def test_a_channel_of_one_file_goes_every_way(service: Running, client: httpx2.Client) -> None:
    documented(client)
    preferences_know_it(client)
    the_preference_page_has_it(client)
    addresses_are_checked(client)
    it_is_delivered_now_and_later(client, service)
    it_is_suppressed_when_it_is_not_wanted(client, service)
    by_command = "sqlite" in (service.folder / ".env").read_text()
    it_is_paused(client, service, by_command=by_command)
    it_is_quarantined(client, service, by_command=by_command)


def documented(client: httpx2.Client) -> None:
    schemas = client.get("/openapi.json").json()["components"]["schemas"]

    assert schemas["Channel"]["enum"] == [CHANNEL, "email", "sms"]
    assert "addresses" in schemas["NotificationCreate"]["properties"]
    assert "channels" in schemas["PreferenceCreate"]["properties"]
    assert "channels" in schemas["PreferencePublic"]["properties"]


def preferences_know_it(client: httpx2.Client) -> None:
    created = client.post(f"{PREFERENCES}/1", json={"email_enabled": False, "sms_enabled": True})
    switched_on = client.patch(f"{PREFERENCES}/1", json={"channels": {CHANNEL: True}})
    replaced = client.put(f"{PREFERENCES}/1", json=WANTED)
    elsewhere = client.put(f"{PREFERENCES}/1", json=WANTED | {"channels": {"email": True}})

    assert created.json() == {"email_enabled": False, "sms_enabled": True, "channels": {CHANNEL: False}}
    assert switched_on.json() == {"email_enabled": False, "sms_enabled": True, "channels": {CHANNEL: True}}
    assert replaced.json() == client.get(f"{PREFERENCES}/1").json() == WANTED
    assert elsewhere.status_code == 422
    assert "has a field of its own: email_enabled" in elsewhere.text


def the_preference_page_has_it(client: httpx2.Client) -> None:
    tokens, link = Tokens(Settings().link_keys), Link(2)
    page = f"/preferences/{tokens.make(Purpose.PREFERENCES, link)}"
    form = {"form": tokens.make(Purpose.PREFERENCES_FORM, link), "action": "save"}
    changes = {f"switch.{CHANNEL}": "on", f"often.viewing.{CHANNEL}": "daily"}

    assert "Send me messages by carrier note" in client.get(page).text
    assert client.post(page, data=form | changes).status_code == 303
    assert client.get(f"{PREFERENCES}/2").json() == WANTED | {"categories": {"viewing": {CHANNEL: "daily"}}}


def addresses_are_checked(client: httpx2.Client) -> None:
    nowhere = client.post(f"{NOTIFICATIONS}/", json=a_note(addresses={CHANNEL: "cellar"}))
    misplaced = client.post(f"{NOTIFICATIONS}/", json=a_note(addresses={"email": "ada@example.com"}))
    nothing = client.post(f"{NOTIFICATIONS}/", json=a_note(addresses={}, channels=[CHANNEL]))

    assert [answer.status_code for answer in (nowhere, misplaced, nothing)] == [422, 422, 422]
    assert "is no roof" in nowhere.text
    assert "has a field of its own: user_email" in misplaced.text
    assert f"addresses.{CHANNEL}" in nothing.text


def it_is_delivered_now_and_later(client: httpx2.Client, service: Running) -> None:
    answer = client.post(f"{NOTIFICATIONS}/", json=a_note()).json()
    assert answer["addresses"] == {CHANNEL: "Roof-7"}
    soon = (datetime.now(UTC) + timedelta(seconds=1)).isoformat()
    later = accepted(client, title="Later", send_at=soon, channels=[CHANNEL])
    batch = client.post(f"{NOTIFICATIONS}/batch", json={"notifications": [a_note(title="Batch")]}).json()

    for notification in (answer["id"], later, batch["results"][0]["id"]):
        delivery = until(client, service, notification, "sent")
        assert (delivery["channel"], delivery["address"]) == (CHANNEL, "roof-7")
        assert [attempt["provider"] for attempt in delivery["attempts"]] == ["mailbox"]

    messages = client.get("/api/mailbox/messages", params={"channel": CHANNEL}).json()["messages"]
    assert {message["text"] for message in messages} == {f"{t}: Come and see" for t in ("A home", "Later", "Batch")}
    shown = client.get(f"/api/mailbox/messages/{messages[0]['id']}").json()
    assert (shown["to"], shown["sms_size"]) == ("roof-7", None)
    page = client.get("/mailbox").text
    assert f'value="{CHANNEL}" data-appearance="phone"><span>Carrier note</span>' in page
    wait_until(
        lambda: "Carrier note Hander executed with roof-7" in service.output(),
        process=service.process,
        log=service.output,
    )
    assert f'property_alerts_attempts_total{{channel="{CHANNEL}",outcome="sent"' in client.get("/metrics").text


def it_is_suppressed_when_it_is_not_wanted(client: httpx2.Client, service: Running) -> None:
    client.patch(f"{PREFERENCES}/1", json={"channels": {CHANNEL: False}})
    delivery = until(client, service, accepted(client), "suppressed")
    assert delivery["reason"] == f"the user does not want {CHANNEL}"
    client.patch(f"{PREFERENCES}/1", json={"channels": {CHANNEL: True}})


def it_is_paused(client: httpx2.Client, service: Running, *, by_command: bool) -> None:
    if by_command:
        assert f"channel {CHANNEL}" in command(service, "pause", CHANNEL)
    else:
        assert client.put(f"/api/v1/pauses/{CHANNEL}").status_code == 200
    # Workers read a pause within five seconds.
    while until(client, service, held := accepted(client), "sent", "held")["state"] == "sent":
        pass
    if by_command:
        (listed,) = json.loads(
            command(service, "notifications", "list", "--channel", CHANNEL, "--limit", "1", "--json")
        )
        assert (listed["id"], listed["deliveries"]) == (held, {CHANNEL: "held"})
    assert client.delete(f"/api/v1/pauses/{CHANNEL}").status_code == 204
    until(client, service, held, "sent")


def it_is_quarantined(client: httpx2.Client, service: Running, *, by_command: bool) -> None:
    (service.folder / "too-heavy").touch()
    broken = accepted(client, title="heavy")
    delivery = until(client, service, broken, "quarantined")
    (service.folder / "too-heavy").unlink()
    if by_command:
        assert CHANNEL in command(service, "quarantine", "list")
    (case,) = client.get("/api/v1/quarantine").json()["items"]
    assert (case["id"], case["channel"]) == (delivery["id"], CHANNEL)
    assert client.post(f"/api/v1/quarantine/{case['id']}/replay").status_code == 200
    until(client, service, broken, "sent")


READ_CALLBACKS = f"""{MADE_UP}
from datetime import UTC, datetime, timedelta
from property_alert_notification.base.clock import Clock
from property_alert_notification.base.errors import ForgedCallback
from property_alert_notification.base.settings import Settings, load
from property_alert_notification.base.vocabulary import Channel
from property_alert_notification.channels import carrier_note_courier as courier, registry
from property_alert_notification.channels.base import Tools
from property_alert_notification.channels.callback import Callback
from property_alert_notification.database import Database

NOW = datetime(2026, 12, 1, 9, tzinfo=UTC)
BODY = b'[{{"number": "note-1", "arrived": true}}, {{"number": "note-2", "arrived": false}}, {{"number": "note-3"}}]'
tools = Tools(load(Settings), Database("sqlite+aiosqlite:///unused.db"), Clock(), print)

def called(instance=None, url="https://a.example/callbacks?x=1", body=BODY, sent_url=None, sent_body=None, late=0):
    at = str(int(NOW.timestamp()))
    signature = courier.sign(Callback(url, {{}}, body, NOW), at, tools.load(courier.CourierSettings))
    headers = {{"courier-time": at, "courier-signature": signature}}
    provider = "courier" if instance is None else f"courier@{{instance}}"
    received_at = NOW + timedelta(minutes=late)
    read = registry.create_callbacks(Channel("carrier_note"), provider, tools)
    try:
        return [
            (event.result.value, event.provider_message_id)
            for event in read.read(Callback(sent_url or url, headers, sent_body or body, received_at))
        ]
    except ForgedCallback:
        return "forged"

print([
    called(),
    called(late=4),
    called(late=6),
    called(sent_url="https://a.example/callbacks?x=2"),
    called(sent_body=BODY + b" "),
    called(instance="spare"),
    registry.create_callbacks(Channel("carrier_note"), "mailbox", tools),
])
"""


def test_the_file_of_a_provider_verifies_and_reads_its_callbacks(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", READ_CALLBACKS],
        cwd=tmp_path,
        env=environment(COURIER_SECRET="ours", COURIER_SPARE_SECRET="another"),
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    events = [("arrived", "note-1"), ("bounced", "note-2")]
    assert ast.literal_eval(done.stdout) == [events, events, "forged", "forged", "forged", "forged", None]
