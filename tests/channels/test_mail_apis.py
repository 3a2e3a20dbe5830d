"""Email through the HTTP APIs of Postmark, SendGrid, Mailgun and Amazon SES, over a real HTTP server."""

import base64
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from email.header import decode_header, make_header
from email.utils import parseaddr
from typing import Any
from urllib.parse import parse_qs

import pytest

from property_alert_notification.base.errors import ConfigurationError, ProviderDown, Refused, Throttled
from property_alert_notification.base.vocabulary import Channel
from property_alert_notification.channels import registry
from property_alert_notification.channels.base import OutgoingMessage, Receipt, Tools
from tests.channels.conftest import Environ, a_message
from tests.channels.http_server import HttpServer, answering

EMAIL = Channel("email")
UNSUBSCRIBE = (("List-Unsubscribe", "<https://a.example/u/x>"), ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"))
MESSAGE = replace(a_message("ada@example.com"), html="<p>Hi</p>", headers=UNSUBSCRIBE)


@pytest.fixture
async def server(environ: Environ) -> AsyncIterator[HttpServer]:
    async with HttpServer() as running:
        environ(
            EMAIL_FROM="alerts@example.com",
            EMAIL_FROM_NAME='Homes "R" us',
            EMAIL_REPLY_TO="help@example.com",
            POSTMARK_TOKEN="t0ken",
            POSTMARK_BASE_URL=running.url,
            SENDGRID_API_KEY="t0ken",
            SENDGRID_BASE_URL=running.url,
            MAILGUN_API_KEY="t0ken",
            MAILGUN_DOMAIN="mg.example.com",
            MAILGUN_BASE_URL=running.url,
            SES_REGION="us-east-1",
            SES_ACCESS_KEY_ID="AKIAIOSFODNN7EXAMPLE",
            SES_SECRET_ACCESS_KEY="t0ken",
            SES_SESSION_TOKEN="temporary",
            SES_CONFIGURATION_SET="alerts",
            SES_BASE_URL=running.url,
        )
        yield running


async def send(name: str, tools: Tools, message: OutgoingMessage = MESSAGE) -> Receipt:
    sender = registry.create_sender(EMAIL, name, tools)
    try:
        return await sender.send(message)
    finally:
        await sender.close()


async def test_postmark_gets_the_message_with_its_headers_and_our_id(server: HttpServer, tools: Tools) -> None:
    server.behaviour = answering(200, b'{"ErrorCode": 0, "MessageID": "b7bc2f4a-e38e-4336-af7d-e6c392c2f817"}')
    receipt = await send("postmark", tools)

    (request,) = server.requests
    body = json.loads(request.body)
    assert receipt.provider_message_id == "b7bc2f4a-e38e-4336-af7d-e6c392c2f817"
    assert request.headers["x-postmark-server-token"] == "t0ken"
    assert body["From"] == '"Homes \\"R\\" us" <alerts@example.com>'
    assert (body["To"], body["TextBody"], body["HtmlBody"]) == (MESSAGE.to, MESSAGE.text, "<p>Hi</p>")
    assert body["Metadata"] == {"delivery_id": str(MESSAGE.delivery_id)}
    assert {"Name": "List-Unsubscribe-Post", "Value": "List-Unsubscribe=One-Click"} in body["Headers"]
    assert {"Name": "Reply-To", "Value": "help@example.com"} in body["Headers"]


async def test_sendgrid_gets_the_message_with_its_headers_and_our_id(server: HttpServer, tools: Tools) -> None:
    server.behaviour = answering(202, b"")
    assert (await send("sendgrid", tools)).provider_message_id is None

    (request,) = server.requests
    body = json.loads(request.body)
    assert request.headers["authorization"] == "Bearer t0ken"
    assert body["from"] == {"email": "alerts@example.com", "name": 'Homes "R" us'}
    assert body["reply_to"] == {"email": "help@example.com"}
    own_id = {"delivery_id": str(MESSAGE.delivery_id)}
    assert body["personalizations"] == [{"to": [{"email": MESSAGE.to}], "custom_args": own_id}]
    assert [part["type"] for part in body["content"]] == ["text/plain", "text/html"]
    assert body["headers"].items() >= dict(UNSUBSCRIBE).items()
    assert "Reply-To" not in body["headers"]


async def test_mailgun_gets_the_message_with_its_headers_and_our_id(server: HttpServer, tools: Tools) -> None:
    server.behaviour = answering(200, b'{"id": "<20111114174239.25659.5817@mg.example.com>", "message": "Queued."}')
    receipt = await send("mailgun", tools)

    (request,) = server.requests
    form = {name: values[0] for name, values in parse_qs(request.body.decode()).items()}
    assert receipt.provider_message_id == "20111114174239.25659.5817@mg.example.com"
    assert request.headers["authorization"] == "Basic " + base64.b64encode(b"api:t0ken").decode()
    assert (form["to"], form["text"], form["html"]) == (MESSAGE.to, MESSAGE.text, "<p>Hi</p>")
    assert form["v:delivery_id"] == str(MESSAGE.delivery_id)
    assert form["h:List-Unsubscribe"] == "<https://a.example/u/x>"
    assert form["h:Reply-To"] == "help@example.com"


async def test_ses_gets_the_message_with_its_headers_and_our_id_as_a_tag(server: HttpServer, tools: Tools) -> None:
    server.behaviour = answering(200, b'{"MessageId": "0100-ses"}')
    assert (await send("ses", tools)).provider_message_id == "0100-ses"

    (request,) = server.requests
    body = json.loads(request.body)
    content = body["Content"]["Simple"]
    assert request.headers["authorization"].startswith("AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/")
    assert request.headers["x-amz-security-token"] == "temporary"
    assert body["Destination"] == {"ToAddresses": [MESSAGE.to]}
    assert body["EmailTags"] == [{"Name": "delivery_id", "Value": str(MESSAGE.delivery_id)}]
    assert (body["ConfigurationSetName"], body["ReplyToAddresses"]) == ("alerts", ["help@example.com"])
    assert content["Body"]["Html"] == {"Data": "<p>Hi</p>", "Charset": "UTF-8"}
    assert {"Name": "List-Unsubscribe-Post", "Value": "List-Unsubscribe=One-Click"} in content["Headers"]
    server.behaviour = answering(400, b'{"message": "Email address is not verified: alerts@example.com"}')
    with pytest.raises(ProviderDown, match="SES console") as caught:
        await send("ses", tools)
    assert "example.com" not in caught.value.reason


FROM_HEADERS = {
    "ses": lambda body: json.loads(body)["FromEmailAddress"],
    "postmark": lambda body: json.loads(body)["From"],
    "mailgun": lambda body: parse_qs(body)["from"][0],
}
RECIPIENTS = {
    "ses": lambda body: json.loads(body)["Destination"]["ToAddresses"][0],
    "postmark": lambda body: json.loads(body)["To"],
    "mailgun": lambda body: parse_qs(body)["to"][0],
    "sendgrid": lambda body: json.loads(body)["personalizations"][0]["to"][0]["email"],
}
ANSWER = b'{"MessageId": "x", "ErrorCode": 0, "MessageID": "x", "id": "<x>"}'


@pytest.mark.parametrize("name", FROM_HEADERS)
@pytest.mark.parametrize("sender", ["Häuser & Söhne", "Casa Ñandú, S.A.", "不動産 「家」", 'Дом "Уют"', "É" * 100])
async def test_the_name_of_the_sender_is_ascii_on_the_wire_and_reads_as_set(
    name: str, sender: str, server: HttpServer, tools: Tools, environ: Environ
) -> None:
    environ(EMAIL_FROM_NAME=sender)
    server.behaviour = answering(200, ANSWER)
    await send(name, tools)

    header = FROM_HEADERS[name](server.requests[0].body.decode())
    assert header.isascii()
    assert "\n" not in header
    shown, address = parseaddr(header)
    assert (str(make_header(decode_header(shown))), address) == (sender, "alerts@example.com")


@pytest.mark.parametrize("name", RECIPIENTS)
@pytest.mark.parametrize(
    ("address", "written"),
    [("ada@bücher.example", "ada@xn--bcher-kva.example"), ("ada@例え.テスト", "ada@xn--r8jz45g.xn--zckzah")],
)
async def test_a_domain_beyond_ascii_is_written_in_ascii(
    name: str, address: str, written: str, server: HttpServer, tools: Tools
) -> None:
    server.behaviour = answering(200, ANSWER)
    await send(name, tools, replace(MESSAGE, to=address, headers=(("X-Home", "Söhne"),)))

    body = server.requests[0].body.decode()
    assert RECIPIENTS[name](body) == written
    assert "Söhne" not in body
    assert "S\\u00f6hne" not in body


@pytest.mark.parametrize("name", RECIPIENTS)
async def test_a_mailbox_name_beyond_ascii_is_refused_by_us(name: str, server: HttpServer, tools: Tools) -> None:
    with pytest.raises(Refused):
        await send(name, tools, replace(MESSAGE, to="häuser@example.com"))
    assert server.requests == []


@pytest.mark.parametrize("name", RECIPIENTS)
@pytest.mark.parametrize("variable", ["EMAIL_FROM", "EMAIL_REPLY_TO"])
async def test_a_sender_that_the_api_does_not_take_is_noticed_at_start(
    name: str, variable: str, server: HttpServer, tools: Tools, environ: Environ
) -> None:
    environ(**{variable: "häuser@example.com"})
    with pytest.raises(ConfigurationError, match=variable):
        await send(name, tools)
    assert server.requests == []


@pytest.mark.parametrize("name", ["postmark", "sendgrid", "mailgun", "ses"])
async def test_control_characters_reach_no_header(name: str, server: HttpServer, tools: Tools) -> None:
    for change in (
        {"subject": "A home\r\nBcc: eve@example.com"},
        {"to": "ada@example.com\nBcc: eve@example.com"},
        {"headers": (("X-A", "b\0"),)},
        {"headers": (("X A:", "b"),)},
        {"headers": (("Bcc", "eve@example.com"),)},
    ):
        fields: dict[str, Any] = change
        with pytest.raises(Refused, match=r"holds a control character|name that it cannot have"):
            await send(name, tools, replace(MESSAGE, **fields))
    assert not server.requests


async def test_what_postmark_refuses_because_of_the_account_fails_no_message(server: HttpServer, tools: Tools) -> None:
    server.behaviour = answering(422, b'{"ErrorCode": 400, "Message": "The Sender Signature for a@b.c is unknown"}')
    with pytest.raises(ProviderDown, match="Postmark error 400") as caught:
        await send("postmark", tools)
    assert "a@b.c" not in caught.value.reason
    server.behaviour = answering(422, b'{"ErrorCode": 406, "Message": "Inactive recipient ada@example.com"}')
    with pytest.raises(Refused, match="Postmark error 406"):
        await send("postmark", tools)


@pytest.mark.parametrize(
    ("body", "header", "error"),
    [
        (b'{"message": "Daily message quota exceeded."}', "LimitExceededException", Throttled),
        (b'{"message": "Maximum sending rate exceeded."}', "", Throttled),
        (b'{"__type": "com.amazonaws.sesv2#TooManyRequestsException"}', "", Throttled),
        (b"", "LimitExceededException:http://internal.amazon.com/coral/", Throttled),
        (b'{"message": "Email sending is disabled for your account."}', "", ProviderDown),
        (b"{}", "AccountSuspendedException", ProviderDown),
        (b'{"message": ""}', "SendingPausedException", ProviderDown),
        (b'{"message": "Email address is not verified."}', "MessageRejected", ProviderDown),
        (b'{"message": "Illegal address"}', "BadRequestException", Refused),
    ],
)
async def test_what_ses_refuses_because_of_the_account_or_its_quota_fails_no_message(
    body: bytes, header: str, error: type[Exception], server: HttpServer, tools: Tools
) -> None:
    server.behaviour = answering(400, body, **({"x-amzn-ErrorType": header} if header else {}))
    with pytest.raises(error):
        await send("ses", tools)


async def test_mailgun_asks_for_calm_with_a_status_of_its_own(server: HttpServer, tools: Tools) -> None:
    server.behaviour = answering(
        420, b'{"message": "Domain mg.example.com is not allowed to send: recipient limit exceeded"}'
    )
    with pytest.raises(Throttled):
        await send("mailgun", tools)


@pytest.mark.parametrize("name", ["postmark", "sendgrid", "mailgun", "ses"])
async def test_the_sender_of_all_emails_is_needed(
    name: str, server: HttpServer, tools: Tools, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("EMAIL_FROM")
    with pytest.raises(ConfigurationError, match=f"EMAIL_FROM: needed for EMAIL_PROVIDER={name}"):
        await send(name, tools)
    assert server.url
