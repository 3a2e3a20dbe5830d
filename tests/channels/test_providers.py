"""What every provider must do."""

import asyncio
import hmac
import re
from email import message_from_string, policy
from pathlib import Path
from typing import Any

import pytest

from property_alert_notification import channels
from property_alert_notification.base.errors import ConfigurationError, ForgedCallback, OutcomeUnknown, Refused
from property_alert_notification.base.settings import Settings, load, variable_name
from property_alert_notification.base.vocabulary import Channel
from property_alert_notification.channels import registry
from property_alert_notification.channels.base import Tools
from property_alert_notification.channels.callback import LARGEST_CALLBACK, Callback, ReportedEvent, ReportedResult
from property_alert_notification.channels.mailbox import queries
from property_alert_notification.channels.mailbox.capture import KEPT, Capture
from property_alert_notification.channels.mailbox.queries import Captured
from tests.channels.conftest import CLOCK, Environ, a_message
from tests.channels.http_server import HttpServer, answering
from tests.channels.smtp_script import ScriptedSmtpServer
from tests.conftest import setting_names

EVERY_PROVIDER = [(channel, name) for channel in Channel for name in registry.names(channel)]
ROOT = Path(__file__).parents[2]
GUIDE = ROOT / "docs" / "adding-a-provider.md"


def test_the_providers_that_the_settings_name_are_there() -> None:
    assert {"console", "mailbox", "smtp"} <= set(registry.names(Channel("email")))
    assert {"console", "http", "mailbox", "twilio"} <= set(registry.names(Channel("sms")))


@pytest.mark.parametrize(("channel", "name"), EVERY_PROVIDER)
async def test_every_provider_fulfils_the_contract(channel: Channel, name: str, tools: Tools, environ: Environ) -> None:
    await fulfil_the_contract(channel, name, tools, environ)


async def fulfil_the_contract(channel: Channel, name: str, tools: Tools, environ: Environ) -> None:
    async with ScriptedSmtpServer() as smtp, HttpServer() as http:
        environ(**usual(channel, name, http.url) | particular(smtp.port))
        sender = registry.create_sender(channel, name, tools)

        assert (sender.channel, sender.name) == (channel, name)
        assert sender.limits.at_once >= 1
        http.behaviour = answering(200)
        said = await sender.check()
        assert said
        assert "\n" not in said
        assert (len(smtp.taken), await count(tools)) == (0, 0)

        for body in (b'{"id": "1", "sid": "SM1"}', b"{}", b"taken, thank you"):
            http.behaviour = answering(200, body)
            await sender.send(a_message("anna@example.com" if channel is Channel("email") else "+15005550010"))

        await sender.close()
        await sender.close()


def usual(channel: Channel, name: str, url: str) -> dict[str, object]:
    """The settings of a provider that every one needs: required fields by their example, URLs of the test's server."""
    groups = [
        group for group in registry.settings_groups() if group.__module__ == f"{channels.__name__}.{channel}_{name}"
    ]
    wanted: dict[str, object] = {}
    for group in groups:
        for setting, field in group.model_fields.items():
            if setting == "url" or setting.endswith("_url"):
                wanted[variable_name(group, setting)] = url
            elif field.is_required():
                assert field.examples, f"{variable_name(group, setting)} is required and has no example"
                wanted[variable_name(group, setting)] = field.examples[0]
    return wanted


def particular(smtp_port: int) -> dict[str, object]:
    """What single providers need beyond that."""
    return {
        "EMAIL_FROM": "alerts@example.com",
        "SMTP_HOST": "127.0.0.1",
        "SMTP_PORT": smtp_port,
        "SMTP_STARTTLS": "off",
        "TWILIO_FROM_NUMBER": "+15005550006",
    }


async def count(tools: Tools) -> int:
    async with tools.database.reading() as connection:
        return await queries.count(connection)


@pytest.mark.parametrize("name", ["console", "mailbox"])
async def test_the_local_providers_print_the_address(name: str, tools: Tools, lines: list[str]) -> None:
    await registry.create_sender(Channel("email"), name, tools).send(a_message("user@test.com"))
    await registry.create_sender(Channel("sms"), name, tools).send(a_message("1231233"))
    assert lines == ["Email Hander executed with user@test.com", "SMS Hander executed with 1231233"]


async def test_the_mailbox_keeps_an_email_as_it_would_have_been_sent(tools: Tools) -> None:
    message = a_message("änna@example.com", text="Häuser\nab 450.000 €")
    await registry.create_sender(Channel("email"), "mailbox", tools).send(message)

    async with tools.database.reading() as connection:
        (kept,) = await queries.newest(connection, limit=10)

    assert (kept.channel, kept.address, kept.delivery_id) == ("email", message.to, message.delivery_id)
    assert (kept.subject, kept.text, kept.html) == (message.subject, message.text, message.html)
    assert kept.raw is not None
    part = message_from_string(kept.raw, policy=policy.default).get_body(("plain",))
    assert part is not None
    assert part.get_content().split() == message.text.split()


@pytest.mark.parametrize("address", ["string", "not an address", "a@b@c", ""])
async def test_the_mailbox_takes_made_up_addresses(tools: Tools, address: str) -> None:
    await registry.create_sender(Channel("email"), "mailbox", tools).send(a_message(address))
    assert await count(tools) == 1


async def test_the_mailbox_refuses_what_would_break_a_header(tools: Tools) -> None:
    with pytest.raises(Refused):
        await registry.create_sender(Channel("email"), "mailbox", tools).send(
            a_message("a@b.example\r\nBcc: c@d.example")
        )
    assert await count(tools) == 0


@pytest.mark.parametrize("channel", list(Channel))
async def test_a_mailbox_whose_store_gives_no_answer_does_not_claim_success(
    tools: Tools, lines: list[str], channel: Channel
) -> None:
    async with tools.database.transaction() as connection:
        await connection.exec_driver_sql("PRAGMA max_page_count = 1")
        await queries.clear(connection)
    sender = registry.create_sender(channel, "mailbox", tools)
    large = a_message(text="x" * 1_000_000)
    with pytest.raises(OutcomeUnknown):
        await sender.send(large)
    assert lines == []


async def test_the_mailbox_forgets_the_oldest(tools: Tools) -> None:
    capture = Capture(tools.database)
    ids = [CLOCK.new_id() for _ in range(KEPT + 1_500)]
    for start in range(0, len(ids), 500):
        await asyncio.gather(*[capture.take(a_captured(number, ids[number])) for number in range(start, start + 500)])

    async with tools.database.reading() as connection:
        assert await queries.count(connection) == KEPT
        (newest,) = await queries.newest(connection, limit=1)
        assert await queries.get(connection, ids[1_499]) is None
        assert await queries.get(connection, ids[1_500]) is not None
    assert newest.id == ids[-1]


async def test_the_mailbox_is_searched_and_read_in_pages(tools: Tools) -> None:
    capture = Capture(tools.database)
    ids = [CLOCK.new_id() for _ in range(30)]
    for number, message_id in enumerate(ids):
        await capture.take(a_captured(number, message_id))

    async with tools.database.reading() as connection:
        found = await queries.newest(connection, search="HOME 7% off_", limit=10)
        assert [message.id for message in found] == [ids[7]]
        assert await queries.newest(connection, channel="sms", limit=10) == []
        page = await queries.newest(connection, before=ids[10], limit=3)
        assert [message.id for message in page] == [ids[9], ids[8], ids[7]]
        assert (await queries.count(connection, channel="email"), await queries.count(connection)) == (30, 30)
    async with tools.database.transaction() as connection:
        assert await queries.clear(connection) == 30
        assert await queries.count(connection) == 0


def a_captured(number: int, message_id: object) -> Captured:
    return Captured(
        id=message_id,  # type: ignore[arg-type]
        delivery_id=CLOCK.new_id(),
        channel="email",
        sender="alerts@example.com",
        address=f"user{number}@example.com",
        subject=f"Home {number}% off_season",
        text="text",
        html=None,
        raw=None,
        captured_at=CLOCK.now(),
    )


def test_an_unknown_provider_is_named_with_the_known_ones(tools: Tools) -> None:
    names = registry.names(Channel("sms"))
    with pytest.raises(ConfigurationError, match=rf"SMS_PROVIDER: .*'nobody'.*{', '.join(names)}\."):
        registry.create_sender(Channel("sms"), "nobody", tools)


async def test_every_line_of_the_sample_settings_may_be_used(tools: Tools, tmp_path: Path) -> None:
    commented = re.compile(r"^# (?=[A-Z_]+=)", re.MULTILINE)
    sample = commented.sub("", (ROOT / ".env-sample").read_text())
    assert set(re.findall(r"^([A-Z_]+)=", sample, re.MULTILINE)) <= setting_names()
    (tmp_path / ".env").write_text(sample)

    settings = load(Settings)

    assert (settings.email_provider, settings.sms_provider) == ("smtp", "twilio")
    for channel in Channel:
        sample_tools = Tools(settings, tools.database, tools.clock, tools.announce)
        for provider in registry.chosen(channel, settings):
            await registry.create_sender(channel, provider, sample_tools).close()


async def test_the_guide_to_adding_a_provider_works_as_written(
    tools: Tools, environ: Environ, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    parts = re.findall(r"```python\n(.*?)```", GUIDE.read_text(), re.DOTALL)
    assert len(parts) == 2
    (tmp_path / "sms_acme.py").write_text("\n".join(parts))
    monkeypatch.setattr(channels, "__path__", [*channels.__path__, str(tmp_path)])

    async with HttpServer() as server:
        server.behaviour = answering(200, b'{"id": "acme-1"}')
        environ(ACME_URL=server.url, ACME_TOKEN="t0ken")
        sender = registry.create_sender(Channel("sms"), "acme", tools)
        assert "answers" in await sender.check()
        receipt = await sender.send(a_message("+15005550010"))
        await sender.close()

    assert receipt.provider_message_id == "acme-1"
    assert server.requests[-1].headers["authorization"] == "Bearer t0ken"
    assert_callbacks_are_read(Channel("sms"), "acme", b"t0ken", tools)
    await fulfil_the_contract(Channel("sms"), "acme", tools, environ)


def assert_callbacks_are_read(channel: Channel, name: str, key: bytes, tools: Tools) -> None:
    callbacks = registry.create_callbacks(channel, name, tools)
    assert callbacks is not None
    assert callbacks.largest == LARGEST_CALLBACK
    read: Any = callbacks.read

    def reported(body: bytes, *, key: bytes = key) -> list[ReportedEvent]:
        headers = {"acme-signature": hmac.new(key, body, "sha256").hexdigest()}
        return read(Callback("https://alerts.example/callbacks/sms/acme", headers, body, CLOCK.now()))

    assert reported(b'{"id": "acme-1", "status": "delivered"}') == [
        ReportedEvent(ReportedResult.ARRIVED, provider_message_id="acme-1")
    ]
    assert reported(b'{"id": "acme-2", "status": "undelivered", "error": "30003"}') == [
        ReportedEvent(ReportedResult.BOUNCED, provider_message_id="acme-2", detail="30003")
    ]
    assert reported(b'{"id": "acme-3", "status": "queued"}') == []
    with pytest.raises(ForgedCallback):
        reported(b"what nobody can parse", key=b"another")
    with pytest.raises(ForgedCallback):
        read(Callback("https://alerts.example/callbacks/sms/acme", {}, b"{}", CLOCK.now()))


@pytest.mark.parametrize(("channel", "name"), [("email", "mailbox"), ("email", "smtp"), ("sms", "http")])
def test_a_provider_that_reports_nothing_reads_no_callbacks(
    channel: str, name: str, tools: Tools, environ: Environ
) -> None:
    environ(SMS_HTTP_URL="https://sms.example.com")
    assert registry.create_callbacks(Channel(channel), name, tools) is None


def test_an_unknown_provider_reads_no_callbacks_either(tools: Tools) -> None:
    with pytest.raises(ConfigurationError, match="no provider is called 'owls'"):
        registry.create_callbacks(Channel("email"), "owls", tools)
