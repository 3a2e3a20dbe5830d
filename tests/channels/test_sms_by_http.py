"""SMS over a real HTTP server: through Twilio's API and through a plain gateway."""

import asyncio
import base64
import json
import logging
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from property_alert_notification.base.errors import (
    ConfigurationError,
    Deferred,
    OutcomeUnknown,
    ProviderDown,
    Refused,
    RetryLater,
    SendError,
    Throttled,
)
from property_alert_notification.base.http import LARGEST_BODY, HttpCaller, retry_after
from property_alert_notification.channels import sms_http, sms_twilio
from property_alert_notification.channels.base import OutgoingMessage, Tools
from property_alert_notification.channels.sms_http import SmsHttpSender, SmsHttpSettings
from property_alert_notification.channels.sms_twilio import TwilioSender, TwilioSettings
from tests.channels import http_server
from tests.channels.conftest import CLOCK, Environ, a_message
from tests.channels.http_server import HttpServer, answering

SID = "AC" + "0" * 32
NOW = datetime(2026, 11, 22, 12, 0, 0, tzinfo=UTC)


@pytest.fixture
async def server() -> AsyncIterator[HttpServer]:
    async with HttpServer() as running:
        yield running


def twilio(url: str, *, timeout: float = 20) -> TwilioSender:
    settings = TwilioSettings(
        account_sid=SID, auth_token="t0ken", from_number="+15005550006", base_url=url, timeout=timeout
    )
    return TwilioSender(settings, CLOCK)


def gateway(url: str, *, timeout: float = 20) -> SmsHttpSender:
    return SmsHttpSender(SmsHttpSettings(url=f"{url}/messages", token="t0ken", timeout=timeout), CLOCK)


@pytest.fixture(params=[twilio, gateway])
async def sender(request: pytest.FixtureRequest, server: HttpServer) -> AsyncIterator[TwilioSender | SmsHttpSender]:
    built = request.param(server.url)
    yield built
    await built.close()


def an_sms() -> OutgoingMessage:
    return a_message("+15005550010", html=False, text="Viewing\nTomorrow at 10, bring 5 €")


async def test_a_message_is_created_at_twilio(server: HttpServer) -> None:
    server.behaviour = answering(201, b'{"sid": "SM123", "status": "queued"}')
    sender = twilio(server.url)
    message = an_sms()

    receipt = await sender.send(message)
    await sender.close()

    (request,) = server.requests
    assert (request.method, request.path) == ("POST", f"/2010-04-01/Accounts/{SID}/Messages.json")
    assert request.headers["authorization"] == "Basic " + base64.b64encode(f"{SID}:t0ken".encode()).decode()
    assert parse_qs(request.body.decode()) == {"To": [message.to], "From": ["+15005550006"], "Body": [message.text]}
    assert receipt.provider_message_id == "SM123"


async def test_twilio_may_choose_the_number_itself(server: HttpServer) -> None:
    service = "MG" + "1" * 32
    settings = TwilioSettings(account_sid=SID, auth_token="t", messaging_service_sid=service, base_url=server.url)
    sender = TwilioSender(settings, CLOCK)
    await sender.send(an_sms())
    await sender.close()
    assert parse_qs(server.requests[0].body.decode())["MessagingServiceSid"] == [service]


async def test_the_call_to_twilio_has_the_callback_url_with_the_delivery_id(server: HttpServer) -> None:
    login = {"account_sid": SID, "auth_token": "t", "from_number": "+15005550006", "base_url": server.url}
    message = an_sms()
    for url, joint in (("https://hooks.example.com/sms", "?"), ("https://hooks.example.com/?a=b", "&")):
        sender = TwilioSender(TwilioSettings(**login, status_callback_url=url), CLOCK)
        assert sender.calls_back
        await sender.send(message)
        await sender.close()
        shown = parse_qs(server.requests[-1].body.decode())["StatusCallback"]
        assert shown == [f"{url}{joint}delivery_id={message.delivery_id}"]
    assert not TwilioSender(TwilioSettings(**login), CLOCK).calls_back


@pytest.mark.parametrize(
    ("public_url", "instance", "expected"),
    [
        (None, None, None),
        ("http://127.0.0.1:8000", None, None),
        ("https://alerts.example.com", None, "https://alerts.example.com/callbacks/sms/twilio"),
        ("https://example.com/alerts", "spare", "https://example.com/alerts/callbacks/sms/twilio@spare"),
    ],
)
async def test_twilio_calls_this_service_back_where_it_can_be_reached(
    server: HttpServer, tools: Tools, environ: Environ, public_url: str | None, instance: str | None, expected: str
) -> None:
    prefix = "TWILIO_" if instance is None else f"TWILIO_{instance.upper()}_"
    values = {"ACCOUNT_SID": SID, "AUTH_TOKEN": "t", "FROM_NUMBER": "+15005550006", "BASE_URL": server.url}
    environ(**{f"{prefix}{name}": value for name, value in values.items()})
    settings = tools.settings.model_copy(update={"public_url": public_url})
    message = an_sms()
    sender = sms_twilio.create(replace(tools, settings=settings, instance=instance))
    await sender.send(message)
    await sender.close()

    shown = parse_qs(server.requests[-1].body.decode()).get("StatusCallback")
    assert shown == (None if expected is None else [f"{expected}?delivery_id={message.delivery_id}"])
    assert sender.calls_back is (expected is not None)


async def test_the_reason_holds_twilios_code_and_nothing_else_of_its_answer(server: HttpServer) -> None:
    server.behaviour = answering(400, b'{"code": 21211, "message": "+15005550010 is not a valid phone number"}')
    sender = twilio(server.url)
    with pytest.raises(Refused) as caught:
        await sender.send(an_sms())
    await sender.close()
    assert caught.value.reason == "HTTP 400 (Twilio error 21211)"


async def test_the_gateway_is_sent_one_document_with_a_key(server: HttpServer) -> None:
    server.behaviour = answering(202, b'{"id": 17}')
    sender = gateway(server.url)
    message = an_sms()

    receipt = await sender.send(message)
    await sender.close()

    (request,) = server.requests
    assert (request.method, request.path) == ("POST", "/messages")
    assert json.loads(request.body) == {"id": str(message.delivery_id), "to": message.to, "text": message.text}
    assert request.headers["idempotency-key"] == str(message.delivery_id)
    assert request.headers["authorization"] == "Bearer t0ken"
    assert receipt.provider_message_id == "17"


async def test_without_a_token_no_authorization_is_sent(server: HttpServer) -> None:
    sender = SmsHttpSender(SmsHttpSettings(url=server.url), CLOCK)
    await sender.send(an_sms())
    await sender.close()
    assert "authorization" not in server.requests[0].headers


@pytest.mark.parametrize("body", [b"", b"no json", b"[]", b'{"id": null, "sid": null}', b"\xff\xfe", b"[" * 60_000])
async def test_an_answer_without_an_id_still_means_taken(server: HttpServer, sender: Any, body: bytes) -> None:
    server.behaviour = answering(200, body)
    assert (await sender.send(an_sms())).provider_message_id is None


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        *[(status, Refused) for status in (400, 409, 410, 413, 422, 451)],
        *[(status, ProviderDown) for status in (301, 302, 303, 304, 307, 308, 401, 402, 403, 407, 503)],
        (429, Throttled),
        *[(status, RetryLater) for status in (408, 425, 500, 501, 505)],
        *[(status, OutcomeUnknown) for status in (502, 504, 507, 520, 524, 599)],
    ],
)
async def test_what_a_status_means(server: HttpServer, sender: Any, status: int, expected: type[SendError]) -> None:
    server.behaviour = answering(status, Location=f"{server.url}/elsewhere")
    with pytest.raises(expected) as caught:
        await sender.send(an_sms())
    assert type(caught.value) is expected
    assert str(status) in caught.value.reason
    assert len(server.requests) == 1  # a redirect is not followed


@pytest.mark.parametrize("behaviour", [http_server.hang, http_server.drip])
async def test_silence_once_the_request_has_left_is_unknown(server: HttpServer, behaviour: Any) -> None:
    server.behaviour = behaviour
    for build in (twilio, gateway):
        sender = build(server.url, timeout=1.5)
        with pytest.raises(OutcomeUnknown):
            await sender.send(an_sms())
        await sender.close()


@pytest.mark.parametrize("behaviour", [http_server.reset, http_server.garbage])
async def test_a_connection_that_breaks_once_the_request_has_left_is_unknown(
    server: HttpServer, sender: Any, behaviour: Any
) -> None:
    server.behaviour = behaviour
    with pytest.raises(OutcomeUnknown):
        await sender.send(an_sms())
    assert len(server.requests) == 1


async def test_the_status_decides_although_the_body_never_ends(server: HttpServer) -> None:
    server.behaviour = http_server.drip_body
    sender = gateway(server.url, timeout=2)
    assert (await sender.send(an_sms())).provider_message_id is None
    await sender.close()


async def test_of_a_huge_body_only_the_beginning_is_read(server: HttpServer) -> None:
    server.behaviour = http_server.huge_body
    caller = HttpCaller(CLOCK)
    assert len(await caller.post(server.url)) == LARGEST_BODY
    await caller.close()


@pytest.mark.parametrize("build", [twilio, gateway])
async def test_a_closed_port_is_not_sent(build: Any) -> None:
    async with HttpServer() as server:
        url = server.url
    sender = build(url)
    with pytest.raises(ProviderDown, match="could not be reached"):
        await sender.send(an_sms())
    await sender.close()


async def test_a_name_that_does_not_exist_is_not_sent() -> None:
    sender = gateway("http://gateway.invalid")
    with pytest.raises(ProviderDown, match="could not be reached"):
        await sender.send(an_sms())
    await sender.close()


async def test_tls_that_fails_is_not_sent() -> None:
    async def speak_no_tls(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        writer.close()

    server = await asyncio.start_server(speak_no_tls, "127.0.0.1", 0)
    sender = gateway(f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}")
    with pytest.raises(ProviderDown, match="could not be reached"):
        await sender.send(an_sms())
    await sender.close()
    server.close()


async def test_the_providers_wish_is_passed_on(server: HttpServer, sender: Any) -> None:
    for status in (429, 503):
        server.behaviour = answering(status, Retry_After="7")
        with pytest.raises(RetryLater) as caught:
            await sender.send(an_sms())
        assert caught.value.retry_after == timedelta(seconds=7)


@pytest.mark.parametrize(
    ("header", "wait"),
    [
        (None, None),
        ("0", timedelta(0)),
        (" 120 ", timedelta(seconds=120)),
        ("-5", None),
        ("1.5", None),
        ("soon", None),
        ("", None),
        ("٣", None),
        ("1e9", None),
        ("1000000000", timedelta(seconds=1e9)),
        ("9" * 30, None),
        ("9" * 5_000, None),
        ("Sun, 22 Nov 2026 12:01:00 GMT", timedelta(minutes=1)),
        ("Sun, 22 Nov 2026 13:01:00 +0100", timedelta(minutes=1)),
        ("Sun, 22 Nov 2026 12:01:00 -0000", timedelta(minutes=1)),
        ("Sun, 22 Nov 2026 11:59:00 GMT", None),
        ("Sun, 99 Nov 2026 12:01:00 GMT", None),
    ],
)
def test_what_a_retry_after_asks_for(header: str | None, wait: timedelta | None) -> None:
    assert retry_after(header, now=NOW) == wait


@given(st.text())
def test_no_retry_after_can_do_harm(header: str) -> None:
    wait = retry_after(header, now=NOW)
    assert wait is None or wait >= timedelta(0)


async def test_a_check_reads_and_sends_nothing(server: HttpServer, sender: Any) -> None:
    server.behaviour = answering(200, b"")
    assert "answers" in await sender.check()
    assert server.requests[0].method in {"GET", "HEAD"}

    server.behaviour = answering(401, b"")
    with pytest.raises(RetryLater, match="check "):
        await sender.check()


async def test_no_reason_or_log_of_ours_holds_number_or_text(
    server: HttpServer, sender: Any, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    server.behaviour = answering(400, b'{"message": "+15005550010 Viewing"}')
    with pytest.raises(Refused) as caught:
        await sender.send(an_sms())
    assert "+15005550010" not in caught.value.reason + caplog.text
    assert "Viewing" not in caught.value.reason + caplog.text


def test_twilio_settings_are_checked(tools: Tools, environ: Environ) -> None:
    with pytest.raises(ConfigurationError, match=r"TWILIO_ACCOUNT_SID: .*Example: TWILIO_ACCOUNT_SID=AC"):
        sms_twilio.create(tools)
    environ(TWILIO_ACCOUNT_SID=SID, TWILIO_AUTH_TOKEN="t", TWILIO_FROM_NUMBER="")
    with pytest.raises(ConfigurationError, match="TWILIO_FROM_NUMBER: set either"):
        sms_twilio.create(tools)
    environ(TWILIO_FROM_NUMBER="+15005550006", TWILIO_STATUS_CALLBACK_URL="hooks.example.com")
    with pytest.raises(ConfigurationError, match=r"TWILIO_STATUS_CALLBACK_URL: .*whole"):
        sms_twilio.create(tools)
    environ(TWILIO_STATUS_CALLBACK_URL="", TWILIO_FROM_NUMBER="5550006")
    with pytest.raises(ConfigurationError, match="TWILIO_FROM_NUMBER"):
        sms_twilio.create(tools)


@pytest.mark.parametrize("url", ["", "gateway.example", "ftp://gateway.example", "http://", "http://a.example/#b"])
def test_the_gateways_url_is_checked(tools: Tools, environ: Environ, url: str) -> None:
    environ(SMS_HTTP_URL=url)
    with pytest.raises(ConfigurationError, match="SMS_HTTP_URL"):
        sms_http.create(tools)


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        *[(code, ProviderDown) for code in (20003, 21212, 21408, 21603, 21606, 21608, 21659, 21701, 30002, 30034)],
        *[(code, Throttled) for code in (14107, 20429, 21611, 30001, 30022, 30023)],
        *[(code, Refused) for code in (21211, 21610, 21614, 21617, 30005, 30006, 30007)],
        *[(code, Deferred) for code in (30003, 30008)],
    ],
)
@pytest.mark.parametrize("status", [400, 201])
async def test_what_twilios_codes_are_about(
    server: HttpServer, code: int, expected: type[SendError], status: int
) -> None:
    body = {"sid": "SM1", "status": "failed", "error_code": code} if status == 201 else {"code": code}
    server.behaviour = answering(status, json.dumps(body).encode())
    sender = twilio(server.url)
    with pytest.raises(expected) as caught:
        await sender.send(an_sms())
    await sender.close()
    assert type(caught.value) is expected
    assert str(code) in caught.value.reason


@pytest.mark.parametrize("status", ["failed", "undelivered", "canceled"])
async def test_a_message_that_twilio_creates_as_failed_was_not_sent(server: HttpServer, status: str) -> None:
    server.behaviour = answering(201, json.dumps({"sid": "SM1", "status": status, "error_code": None}).encode())
    sender = twilio(server.url)
    with pytest.raises(RetryLater, match=status):
        await sender.send(an_sms())
    await sender.close()


@pytest.mark.parametrize("code", [21606, "21606"])
async def test_what_is_wrong_with_the_account_says_what_to_fix(server: HttpServer, code: Any) -> None:
    server.behaviour = answering(400, json.dumps({"code": code}).encode())
    sender = twilio(server.url)
    with pytest.raises(ProviderDown, match="TWILIO_FROM_NUMBER"):
        await sender.send(an_sms())
    await sender.close()


@pytest.mark.parametrize("status", [500, 502, 503])
async def test_a_code_does_not_change_what_a_5xx_means(server: HttpServer, status: int) -> None:
    server.behaviour = answering(status, b'{"code": 21211}')
    sender = twilio(server.url)
    with pytest.raises(SendError) as caught:
        await sender.send(an_sms())
    await sender.close()
    assert not isinstance(caught.value, Refused)
