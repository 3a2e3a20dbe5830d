"""An SMTP server in a process of its own, which writes down every mail that it takes.

The child is `python -m tests.homes_scenario.mail_server PORT FILE`, until SIGTERM. It shares no code with the service.
"""

import asyncio
import json
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes
from email.header import decode_header, make_header
from email.message import Message
from pathlib import Path
from typing import NamedTuple, TextIO

from aiosmtpd.smtp import SMTP, Envelope, Session

from tests.services.process import free_port
from tests.services.program import ROOT, started

HOST = "127.0.0.1"
READY = "listening"


class Entry(NamedTuple):
    """A mail that was taken."""

    id: str
    """Its Message-ID."""
    recipient: str
    subject: str
    text: str


class MailServer:
    """The parent's side."""

    def __init__(self, port: int, path: Path) -> None:
        self.host, self.port = HOST, port
        self._path = path

    def taken(self) -> Iterator[Entry]:
        """Everything that it has taken, in order; one at a time, because all together are large."""
        with self._path.open() as lines:
            for line in lines:
                yield Entry(*json.loads(line))


@contextmanager
def serving_mail(folder: Path) -> Iterator[MailServer]:
    """Take mails until the block ends."""
    port, path = free_port(), folder / "mails.jsonl"
    command = [sys.executable, "-m", __name__, str(port), str(path)]
    paths = f"{ROOT}:{ROOT / 'src'}"
    with started(command, folder, ready=lambda child: READY in child.output(), PYTHONPATH=paths):
        yield MailServer(port, path)


class _Writer:
    def __init__(self, file: TextIO) -> None:
        self._file = file

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        """What aiosmtpd calls after the final dot."""
        mail = message_from_bytes(envelope.original_content or b"")
        entry = Entry(str(mail["Message-ID"]), str(envelope.rcpt_tos[0]), _subject(mail), _text(mail))
        # It is in the file before the sender hears that it was taken.
        self._file.write(json.dumps(entry) + "\n")
        return "250 2.0.0 OK"


def _subject(mail: Message) -> str:
    lines = str(mail["Subject"]).splitlines()
    return str(make_header(decode_header("".join(lines))))


def _text(mail: Message) -> str:
    part = next(one for one in mail.walk() if one.get_content_type() == "text/plain")
    content = part.get_payload(decode=True)
    assert isinstance(content, bytes)
    return content.decode(part.get_content_charset("ascii"))


async def _serve(port: int, path: Path) -> None:
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, stop.set)
    with path.open("w", buffering=1) as file:
        await loop.create_server(lambda: SMTP(_Writer(file), hostname=HOST), HOST, port)
        print(READY, flush=True)  # noqa: T201 - its parent waits for it
        await stop.wait()


if __name__ == "__main__":
    asyncio.run(_serve(int(sys.argv[1]), Path(sys.argv[2])))
