"""The providers' journal: one line of JSON for each message that was taken, repeated or met a fault."""

import json
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal, Self

Kind = Literal["taken", "repeat", "fault", "left"]


@dataclass(frozen=True, slots=True)
class Door:
    """Where a provider is called, and by whom."""

    provider: str
    """As the settings name it: `smtp`, `smtp@backup`."""
    caller: str
    """The worker: each has a port of its own."""

    @classmethod
    def called(cls, name: str) -> Self:
        """The one that is called `provider/caller`."""
        provider, _, caller = name.partition("/")
        return cls(provider, caller)


@dataclass(frozen=True, slots=True)
class Entry:
    """What happened to one message at one provider."""

    kind: Kind
    """`repeat` is a message under a key that was taken before: the gateway recognised it, so it does not arrive twice.
    `left` is a caller who hung up on an answer that has no end."""
    channel: str
    to: str
    key: str
    """The Idempotency-Key, or the Message-ID; empty when it had not come yet."""
    at: float
    """Seconds on the machine's monotonic clock, which every process here shares."""
    answer: str = ""
    """What was said, of a fault."""
    provider: str = ""
    caller: str = ""


class JournalWriter:
    """Appends to the file; each line is in it before the provider answers."""

    def __init__(self, path: Path) -> None:
        """Opens the file."""
        self._file = path.open("a", encoding="utf-8", buffering=1)

    def note(self, kind: Kind, channel: str, door: Door, to: str, key: str, answer: str = "") -> None:
        """Write one line."""
        entry = Entry(kind, channel, to, key, time.monotonic(), answer, door.provider, door.caller)
        self._file.write(json.dumps(asdict(entry)) + "\n")


class JournalReader:
    """Reads along while the providers write."""

    def __init__(self, path: Path) -> None:
        """From the first line on."""
        self._file = path.open(encoding="utf-8")
        self._rest = ""
        self._entries: list[Entry] = []

    def read(self) -> list[Entry]:
        """Everything since the last `forget`."""
        *lines, self._rest = (self._rest + self._file.read()).split("\n")
        self._entries += [Entry(**json.loads(line)) for line in lines]
        return self._entries

    def forget(self) -> None:
        """Begin anew with what comes from now on."""
        self.read()
        self._entries = []

    def close(self) -> None:
        """Close the file."""
        self._file.close()
