"""What people and providers answer to a message, right and forged, as calls to the service."""

import base64
import hmac
import itertools
import json
import re
import smtplib
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from random import Random
from typing import Any

import httpx2

from property_alert_notification.base.clock import Clock
from tests.refusals.people import STOP_TEXTS, Kind, Person
from tests.refusals.providers import Letter

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
CALLBACKS = "/callbacks/sms/http"
BOUNCES = "bounces@alerts.example.com"


@dataclass(frozen=True, slots=True)
class Call:
    """One call to the service."""

    make: Callable[[], Awaitable[None]]
    says_no: bool = False
    """Once the service has answered it, the person must not be written to."""


_FORM = re.compile(r'name="form" value="([^"]+)"')
_numbers = itertools.count()


class Answers:
    """Makes the calls; the service is reached by HTTP and by its SMTP listener."""

    def __init__(
        self, service: httpx2.AsyncClient, hand_in: Callable[[str, bytes], Awaitable[bool]], random: Random
    ) -> None:
        """`hand_in` sends a mail to a recipient at the listener; returns whether the listener took it."""
        self._service = service
        self._hand_in = hand_in
        self._random = random
        self._clock = Clock()

    def of(self, person: Person, letter: Letter, *, is_first: bool) -> Sequence[Call]:
        """What follows this message, each call doubled."""
        calls: list[Call] = []
        if person.channel == "sms":
            calls.append(self._status(person, letter))
        if person.kind is Kind.BOUNCES:
            calls.append(Call(lambda: self._returned(letter, _BOUNCE), says_no=True))
        elif is_first:
            calls += [Call(make, says_no=True) for make in self._refusal(person, letter)]
        return calls * 2

    def _refusal(self, person: Person, letter: Letter) -> Iterator[Callable[[], Awaitable[None]]]:
        match person.kind:
            case Kind.CLICKS:
                yield lambda: self._click(letter.one_click())
            case Kind.PAGE:
                yield lambda: self._stop_on_page(letter.page())
            case Kind.COMPLAINS:
                yield lambda: self._returned(letter, _COMPLAINT)
            case Kind.STOPS:
                text = self._random.choice(STOP_TEXTS)
                body = {"type": "message", "id": f"in-{person.user_id}", "from": person.address, "text": text}
                yield lambda: self._call_back(body, f"in-{person.user_id}")

    def forged(self, person: Person, letter: Letter) -> Sequence[Call]:
        """Refusals of this person that are not theirs."""
        if person.channel == "sms":
            stop = {"type": "message", "id": f"forged-{person.user_id}", "from": person.address, "text": "STOP"}
            failed = {"type": "status", "id": letter.sender, "status": "failed", "cause": "stop"}
            return [Call(lambda: self._forge_callback(stop)), Call(lambda: self._forge_callback(failed))]
        mailbox, _, domain = letter.sender.partition("@")
        other = f"{mailbox[:-4]}{'b' if mailbox[-4] == 'a' else 'a'}{mailbox[-3:]}@{domain}"
        return [
            Call(lambda: self._forge_link(letter.one_click())),
            Call(lambda: self._forge_form(letter.page())),
            Call(lambda: self._forge_bounce(other, letter)),
        ]

    def _status(self, person: Person, letter: Letter) -> Call:
        body: dict[str, Any] = {"type": "status", "id": letter.sender, "status": "delivered"}
        if person.kind in (Kind.UNREACHABLE, Kind.OPTED_OUT):
            body["status"] = "failed"
        if person.kind is Kind.OPTED_OUT:
            body |= {"cause": "stop", "error": "21610"}
        id_ = f"status-{next(_numbers)}"
        return Call(lambda: self._call_back(body, id_), says_no=person.kind is Kind.OPTED_OUT)

    async def _call_back(self, body: dict[str, Any], id_: str) -> None:
        content = json.dumps(body).encode()
        answer = await self._service.post(CALLBACKS, content=content, headers=self._signed(content, id_, SECRET))
        assert answer.is_success, answer.text

    async def _forge_callback(self, body: dict[str, Any]) -> None:
        content = json.dumps(body).encode()
        headers = self._signed(content, "forged", "whsec_" + base64.b64encode(b"a guess").decode())
        assert (await self._service.post(CALLBACKS, content=content, headers=headers)).status_code == 403

    def _signed(self, body: bytes, id_: str, secret: str) -> dict[str, str]:
        at = str(int(self._clock.now().timestamp()))
        key = base64.b64decode(secret.removeprefix("whsec_"))
        signature = base64.b64encode(hmac.digest(key, f"{id_}.{at}.".encode() + body, "sha256")).decode()
        return {"webhook-id": id_, "webhook-timestamp": at, "webhook-signature": f"v1,{signature}"}

    async def _click(self, url: str) -> None:
        answer = await self._service.post(url, data={"List-Unsubscribe": "One-Click"})
        assert answer.status_code == HTTPStatus.OK, answer.text

    async def _forge_link(self, url: str) -> None:
        token = f"{url[:-2]}{'AB' if url[-2:] != 'AB' else 'BA'}"
        assert (await self._service.post(token, data={"List-Unsubscribe": "One-Click"})).is_client_error
        assert (await self._service.get(url)).status_code == HTTPStatus.OK  # a scanner follows links

    async def _stop_on_page(self, url: str) -> None:
        form = _FORM.search((await self._service.get(url)).text)
        assert form is not None
        answer = await self._service.post(url, data={"action": "stop", "form": form[1]})
        assert answer.status_code == HTTPStatus.SEE_OTHER, answer.status_code

    async def _forge_form(self, url: str) -> None:
        answer = await self._service.post(url, data={"action": "stop", "form": "x"})
        assert answer.status_code == HTTPStatus.FORBIDDEN

    async def _returned(self, letter: Letter, report: str) -> None:
        assert await self._hand_in(letter.sender, _mail(report, letter))

    async def _forge_bounce(self, return_path: str, letter: Letter) -> None:
        assert not await self._hand_in(return_path, _mail(_BOUNCE, letter))
        # The listener takes what comes to the plain address; without our signature it is about no delivery.
        assert await self._hand_in(BOUNCES, _mail(_BOUNCE, Letter("", b"Message-ID: <guess@alerts.example.com>\r\n")))


_BOUNCE = """Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.net

Final-Recipient: rfc822; x@example.net
Action: failed
Status: 5.1.1
Diagnostic-Code: smtp; 550 5.1.1 no such user

--b
Content-Type: text/rfc822-headers

{headers}
--b--
"""
_COMPLAINT = """Content-Type: multipart/report; report-type=feedback-report; boundary="b"

--b
Content-Type: message/feedback-report

Feedback-Type: abuse
User-Agent: SomeGenerator/1.0
Version: 1

--b
Content-Type: message/rfc822

{headers}
--b--
"""


def _mail(report: str, letter: Letter) -> bytes:
    headers = letter.content.split(b"\r\n\r\n")[0].decode().replace("\r\n", "\n")
    return report.format(headers=headers).replace("\n", "\r\n").encode()


def send_mail(port: int, recipient: str, content: bytes) -> bool:
    """Hand a mail to the listener; returns whether it took it.

    Raises:
        OSError: no worker listens now.
    """
    try:
        with smtplib.SMTP("127.0.0.1", port, timeout=60) as server:
            server.sendmail("", [recipient], content)
    except smtplib.SMTPRecipientsRefused as refused:
        (code, _), *_ = refused.recipients.values()
        if code != HTTPStatus.INTERNAL_SERVER_ERROR + 50:
            raise OSError("try again later") from None
        return False
    except smtplib.SMTPException as error:
        raise OSError(str(error)) from None
    return True
