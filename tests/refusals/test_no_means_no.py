"""Nobody who said no is written to, every end is what the providers know, and what is forged changes nothing."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from random import Random
from uuid import uuid4

import httpx2
import pytest
from sqlalchemy import text

from property_alert_notification.app import create_app
from property_alert_notification.base.settings import Settings
from property_alert_notification.database import Database
from tests.refusals.answers import BOUNCES, SECRET
from tests.refusals.event_model import event_differences
from tests.refusals.model import SOURCES, differences, expected_consents, expected_entries
from tests.refusals.people import Person, people
from tests.refusals.play import API, Play
from tests.refusals.providers import mail_server, sms_gateway
from tests.refusals.webhooks import TIMEOUT, Webhooks
from tests.services.callers import a_caller
from tests.services.process import free_port
from tests.services.serving import serving

EMAILS, NUMBERS = 1_000, 250
"""People with an email address and with a phone number; each gets two messages."""
SHOWN = 20
_OPT_OUTS = "SELECT subject, channel, source FROM consent_records WHERE decision = 'opted_out'"


@pytest.mark.long
@pytest.mark.timeout(600)
@pytest.mark.parametrize(("store", "seed"), [("sqlite", 1), ("postgresql", 2)])
async def test_no_means_no(
    store: str,
    seed: int,
    request: pytest.FixtureRequest,
    tmp_path: Path,
    rabbitmq_url: str,
    migrated_sqlite: Callable[[Path], str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    url = migrated_sqlite(tmp_path / "s.db") if store == "sqlite" else request.getfixturevalue("migrated_postgres_url")
    random, listener = Random(seed), free_port()
    everybody = people(random, emails=EMAILS, numbers=NUMBERS)
    settings = {
        "DATABASE_URL": url,
        "QUEUE_BROKER_URL": rabbitmq_url,
        "QUEUE_ROUTING_KEY": f"test-{uuid4().hex}",
        "EMAIL_PROVIDER": "smtp",
        "EMAIL_FROM": "alerts@alerts.example.com",
        "EMAIL_BOUNCE_ADDRESS": BOUNCES,
        "SMTP_HOST": "127.0.0.1",
        "SMTP_STARTTLS": "off",
        "SMS_PROVIDER": "http",
        "SMS_HTTP_CALLBACK_SECRET": SECRET,
        "BOUNCE_SMTP_PORT": str(listener),
        "SIGNING_KEYS": "a-signing-key-of-tests-with-32-characters",
        "SECRET_KEYS": "a-secret-of-tests-with-32-characters",
        "LEGAL_WINDOWS_FILE": "/dev/null",
        "LEASE": "5",
        "STORE_TIMEOUT": "30",
        "WEBHOOK_TIMEOUT": str(TIMEOUT),
    }
    play, webhooks = Play(everybody, random, tmp_path, settings), Webhooks()
    async with (
        mail_server(play.is_gone, play.arrived) as smtp_port,
        sms_gateway(play.arrived) as gateway,
        webhooks.listening(),
    ):
        settings |= {"SMTP_PORT": str(smtp_port), "SMS_HTTP_URL": gateway}
        for name, value in settings.items():
            monkeypatch.setenv(name, value)
        async with serving(create_app(Settings(), with_worker=False)) as address, a_caller(address) as service:
            settings["PUBLIC_URL"] = address
            database = Database(url, wait=30)
            messages = await play.run(service, database, listener, webhooks)
            consents = await _opt_outs(database)
            await database.close()
            entries = await _entries(service)
            each = {one.kind: one for one in everybody if one.kind in SOURCES}
            shown = {kind: await _opt_outs_shown(service, one) for kind, one in each.items()}

    found = differences(messages, play.known)
    assert not found, f"seed {seed}: {len(found)} differences\n" + "\n".join(found[:SHOWN])
    found = webhooks.faults + event_differences(messages, everybody, webhooks.taken.values())
    assert not found, f"seed {seed}: {len(found)} differences of events\n" + "\n".join(found[:SHOWN])
    assert webhooks.calls > len(webhooks.taken)
    assert entries == expected_entries(everybody)
    assert consents == expected_consents(everybody)
    assert shown == {kind: [source] for kind, source in SOURCES.items()}
    assert (len(messages), play.kills) == (2 * len(everybody), 2)


async def _entries(service: httpx2.AsyncClient) -> Counter[tuple[str | None, str]]:
    """The entries of the suppression list, by channel and reason."""
    found: Counter[tuple[str | None, str]] = Counter()
    params: dict[str, str | int] = {"limit": 100}
    while True:
        page = (await service.get(f"{API}/suppressions", params=params)).json()
        found.update((one["channel"], one["reason"]) for one in page["items"])
        if page["next"] is None:
            return found
        params["cursor"] = page["next"]


async def _opt_outs(database: Database) -> Counter[tuple[str | None, str]]:
    """How many records of an opt-out there are, by channel and source; nobody has two."""
    async with database.reading() as connection:
        records = (await connection.execute(text(_OPT_OUTS))).all()
    assert len({record.subject for record in records}) == len(records)
    return Counter((record.channel or None, record.source) for record in records)


async def _opt_outs_shown(service: httpx2.AsyncClient, person: Person) -> list[str]:
    """The sources of the opt-outs that the API shows of a person."""
    answer = await service.get(f"{API}/users/{person.user_id}/consents", params={"limit": 100})
    return [one["source"] for one in answer.json()["items"] if one["decision"] == "opted_out"]
