"""The process of all providers: `python -m chaos.provider JOURNAL HTTP_PORT [PROVIDER/CALLER=PORT …]`; until SIGTERM.

Each further port is an SMTP server's. Everybody who calls has a port of their own, so that the journal can tell who it
was; the SMS gateways know it by the path, as `/http@backup/worker-1`.
"""

import asyncio
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from chaos.provider.faults import FaultInjector
from chaos.provider.http import HttpProvider
from chaos.provider.journal import Door, JournalWriter
from chaos.provider.smtp import SmtpProvider

READY = "providers are ready"

HOST = "127.0.0.1"


async def serve(path: Path, http_port: int, doors: Sequence[str]) -> None:
    """Take messages until SIGTERM."""
    stop, injector, journal = asyncio.Event(), FaultInjector(), JournalWriter(path)
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    await asyncio.start_server(HttpProvider(injector, journal).serve, HOST, http_port, backlog=1_000)
    for name, _, port in (door.partition("=") for door in doors):
        server = SmtpProvider(Door.called(name), injector, journal)
        await asyncio.start_server(server.serve, HOST, int(port), backlog=1_000)
    print(READY, flush=True)  # noqa: T201 - its parent waits for it
    await stop.wait()


if __name__ == "__main__":
    asyncio.run(serve(Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3:]))
