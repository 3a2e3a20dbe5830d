"""Replies as servers send them: in pieces, in lines, unasked, without an end."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import cast

import pytest

from property_alert_notification.channels.smtp.wire import Wire, WireBroken

Server = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def a_wire(server: Server) -> AsyncIterator[Wire]:
    """A connection whose other end does this."""

    over = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            await server(reader, writer)
            await writer.drain()
            await reader.read()
        writer.close()
        over.set()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as listening:
        port = listening.sockets[0].getsockname()[1]
        transport, _ = await asyncio.get_running_loop().create_connection(asyncio.Protocol, "127.0.0.1", port)
        wire = Wire(cast("asyncio.Transport", transport))
        try:
            yield wire
        finally:
            wire.close()
            await over.wait()


async def test_a_reply_may_come_octet_by_octet() -> None:
    async def server(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for octet in b"250-first\r\n250 second\r\n":
            writer.write(bytes([octet]))
            await writer.drain()
            await asyncio.sleep(0)

    async with a_wire(server) as wire:
        wire.write_commands(b"EHLO homes.example")
        assert await wire.read(timeout=20) == (250, "first\nsecond")
        assert wire.is_alive


async def test_each_command_gets_its_own_reply_however_they_come_together() -> None:
    async def server(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"250 one\r\n550 two\r\n354 three\r\n")

    async with a_wire(server) as wire:
        wire.write_commands(b"MAIL", b"RCPT", b"DATA")
        assert not wire.is_alive  # another command would take their replies for its own
        assert [(await wire.read(timeout=20)).code for _ in range(3)] == [250, 550, 354]
        assert wire.is_alive


async def test_what_comes_unasked_is_the_answer_to_nothing() -> None:
    async def server(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"421 idle for too long\r\n")

    async with a_wire(server) as wire:
        while wire.is_alive:  # noqa: ASYNC110 - no event tells it: that is tested
            await asyncio.sleep(0.001)
        with pytest.raises(WireBroken):
            wire.write_commands(b"NOOP")


@pytest.mark.parametrize(
    ("sent", "reason"),
    [
        (b"nonsense\r\n", "no SMTP reply"),
        (b"\xff\xfe\r\n", "no SMTP reply"),
        (b"250-and so on\r\n" * 4_000, "endless reply"),
        (b"2" * 40_000, "endless reply"),
    ],
)
async def test_what_is_no_reply_breaks_the_connection(sent: bytes, reason: str) -> None:
    async def server(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(sent)

    async with a_wire(server) as wire:
        wire.write_commands(b"NOOP")
        with pytest.raises(WireBroken, match=reason):
            await wire.read(timeout=20)
        assert not wire.is_alive


async def test_silence_breaks_the_connection_when_its_time_is_over() -> None:
    async def server(_reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        return

    async with a_wire(server) as wire:
        wire.write_commands(b"NOOP")
        with pytest.raises(WireBroken, match="timeout"):
            await wire.read(timeout=0.01)
        with pytest.raises(WireBroken, match="timeout"):
            wire.write_commands(b"NOOP")


@pytest.mark.parametrize("command", [b"RCPT TO:<a@b>\r\nDATA", b"RCPT\n", b"RCPT\x00"])
async def test_a_command_cannot_hold_another(command: bytes) -> None:
    async def server(_reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        return

    async with a_wire(server) as wire:
        with pytest.raises(ValueError, match="control"):
            wire.write_commands(command)
