"""The process of both providers: `python -m chaos.provider SMTP_PORT HTTP_PORT JOURNAL`; works until SIGTERM."""

import asyncio
import signal
import sys
from pathlib import Path

from chaos.provider.http import HttpProvider
from chaos.provider.journal import JournalWriter
from chaos.provider.mood import Mood
from chaos.provider.smtp import SmtpProvider

READY = "providers are ready"


async def serve(smtp_port: int, http_port: int, path: Path) -> None:
    """Take messages until SIGTERM."""
    stop, mood, journal = asyncio.Event(), Mood(), JournalWriter(path)
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    host = "127.0.0.1"
    await asyncio.start_server(SmtpProvider(mood, journal).serve, host, smtp_port, backlog=1_000)
    await asyncio.start_server(HttpProvider(mood, journal).serve, host, http_port, backlog=1_000)
    print(READY, flush=True)  # noqa: T201 - its parent waits for it
    await stop.wait()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3])))
