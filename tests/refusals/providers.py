"""The providers of the scenario: an SMTP server and an SMS gateway. Their records are what really happened."""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from email import message_from_bytes, policy
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from tests.services.serving import serving

_ADDRESS = re.compile(rb"<([^>]*)>")
_SUBJECT = re.compile(rb"^Subject: (.*?)\r$", re.MULTILINE)
_PAGE = re.compile(r"\S+/preferences/[\w-]+")


@dataclass(frozen=True, slots=True)
class Letter:
    """A message as its provider got it."""

    sender: str
    """The return path of an email; the id that the gateway was given for an SMS."""
    content: bytes

    @property
    def title(self) -> str:
        """The subject of an email, the first line of an SMS."""
        found = _SUBJECT.search(self.content)
        return str((found[1] if found else self.content.splitlines()[0]).decode())

    def one_click(self) -> str:
        """The URL in List-Unsubscribe (RFC 2369), with which RFC 8058 works."""
        mail = message_from_bytes(self.content, policy=policy.default)
        assert str(mail["List-Unsubscribe-Post"]) == "List-Unsubscribe=One-Click"
        return str(
            next(url for url in re.findall("<([^>]+)>", str(mail["List-Unsubscribe"])) if url.startswith("http"))
        )

    def page(self) -> str:
        """The link to the preference page at the end of the text."""
        body = message_from_bytes(self.content, policy=policy.default).get_body(("plain",))
        assert body is not None
        return str(_PAGE.findall(body.get_content())[0])


Arrived = Callable[[str, str, Letter], None]
"""Called with the address, the title and the message."""


@asynccontextmanager
async def mail_server(is_gone: Callable[[str], bool], arrived: Arrived) -> AsyncIterator[int]:
    """An SMTP server that refuses the recipients who are gone, and takes every other mail; gives its port."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await _converse(reader, writer, is_gone, arrived)
        except (OSError, asyncio.IncompleteReadError):
            pass  # its client was killed
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, limit=2**20)
    async with server:
        yield server.sockets[0].getsockname()[1]


async def _converse(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, is_gone: Callable[[str], bool], arrived: Arrived
) -> None:
    sender, to, answer = "", "", "220 mx.example.com ESMTP"
    while answer:
        writer.write(f"{answer}\r\n".encode())
        if not (line := await reader.readline()) or line[:4].upper() == b"QUIT":
            return
        verb, named = line[:4].upper(), _ADDRESS.search(line)
        answer = "250 2.0.0 OK"
        if verb == b"MAIL" and named:
            sender = named[1].decode()
        elif verb == b"RCPT" and named:
            to = named[1].decode()
            answer = "550 5.1.1 no such user" if is_gone(to) else answer
        elif verb == b"DATA":
            writer.write(b"354 Go ahead\r\n")
            letter = Letter(sender, await reader.readuntil(b"\r\n.\r\n"))
            arrived(to, letter.title, letter)


@asynccontextmanager
async def sms_gateway(arrived: Arrived) -> AsyncIterator[str]:
    """A gateway that takes every SMS, and recognises one that it has; gives its URL."""
    known: set[str] = set()

    async def take(request: Request) -> JSONResponse:
        fields: dict[str, Any] = json.loads(await request.body())
        id_ = request.headers["Idempotency-Key"]
        if id_ not in known:
            known.add(id_)
            letter = Letter(id_, fields["text"].encode())
            arrived(fields["to"], letter.title, letter)
        return JSONResponse({"id": f"gw-{id_}"})

    async with serving(Starlette(routes=[Route("/messages", take, methods=["POST"])])) as url:
        yield f"{url}/messages"
