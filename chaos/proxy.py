"""A TCP proxy on loopback that can cut, stop and delay what passes through it. It lives in a thread of its own."""

import asyncio
import threading
from collections.abc import Awaitable, Callable
from typing import Any, Self

CHUNK = 65_536


class Proxy:
    """Passes everything on to one port of this machine. Use it as a context manager."""

    def __init__(self, target: int) -> None:
        """Nothing listens yet; `target` is the port behind it."""
        self.port = 0
        self._target = target
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name=f"proxy of {target}", daemon=True)
        self._writers: set[asyncio.StreamWriter] = set()
        self._flows: set[asyncio.Task[None]] = set()
        self._delay = 0.0
        self._server: asyncio.Server | None = None

    def cut(self) -> None:
        """Reset every connection; new ones are taken."""
        self._do(self._reset)

    def stop(self) -> None:
        """Let nothing pass any more, in either direction, as if the cable were pulled; connections stay."""
        self._do(self._close_gate)

    def go_on(self) -> None:
        """Let everything pass at once: undoes `stop` and `delay`."""
        self._do(self._open_gate)

    def delay(self, seconds: float) -> None:
        """Pass each piece on so much later."""
        self._delay = seconds

    def _do(self, action: Callable[[], Awaitable[None]]) -> None:
        asyncio.run_coroutine_threadsafe(_as_coroutine(action), self._loop).result(10)

    async def _listen(self) -> None:
        self._open = asyncio.Event()
        self._open.set()
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    async def _reset(self) -> None:
        for writer in list(self._writers):
            writer.transport.abort()

    async def _close_gate(self) -> None:
        self._open.clear()

    async def _open_gate(self) -> None:
        self._delay = 0.0
        self._open.set()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # A client that connects while nothing passes waits, as for a host that is away.
        await self._open.wait()
        try:
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._target)
        except OSError:
            writer.transport.abort()
            return
        both = {writer, far_writer}
        self._writers |= both
        flows = [
            asyncio.create_task(self._flow(reader, far_writer)),
            asyncio.create_task(self._flow(far_reader, writer)),
        ]
        self._flows |= set(flows)
        try:
            await asyncio.wait(flows, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for flow in flows:
                flow.cancel()
            self._flows -= set(flows)
            self._writers -= both
            for one in both:
                one.transport.abort()

    async def _flow(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while piece := await reader.read(CHUNK):
                if self._delay:
                    await asyncio.sleep(self._delay)
                await self._open.wait()
                writer.write(piece)
                await writer.drain()
        except OSError:
            pass  # one side is gone; so is the other then

    async def _hang_up(self) -> None:
        if self._server is not None:
            self._server.close()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    def __enter__(self) -> Self:
        self._thread.start()
        self._do(self._listen)
        return self

    def __exit__(self, *_: object) -> None:
        self._do(self._hang_up)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


async def _as_coroutine(action: Callable[[], Awaitable[Any]]) -> None:
    await action()
