"""Accepting notifications without addresses while the User service is slow, down, or answers nonsense.

Run it as `python -m benchmarks.unaddressed`. In each trouble 1,000 notifications per second, each for another user, are
submitted by HTTP; then the User service is well, and every one has to be sent.
"""

import argparse
import asyncio
import itertools
import json
import os
import signal
import socket
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

RATE = 1_000
"""Notifications per second."""

CONNECTIONS = 64
TROUBLES = ("slow", "down", "nonsense")
COMMAND = str(Path(sys.executable).with_name("property-alerts"))


class UserService:
    """Answers as it is told to: `well`, or in one of the troubles."""

    def __init__(self) -> None:
        self.behaviour = "well"
        self.asked = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection."""
        try:
            while True:
                path = (await reader.readuntil(b"\r\n\r\n")).split(b" ", 2)[1].decode()
                self.asked += 1
                if self.behaviour == "down":
                    break
                if self.behaviour == "slow":
                    await asyncio.sleep(5)
                body = b"<html>oops" if self.behaviour == "nonsense" else _profiles(path)
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body))
        except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass  # its caller has gone, or all is over
        finally:
            writer.close()


def _profiles(path: str) -> bytes:
    users = [{"id": int(n), "email": f"user{n}@example.com"} for n in path.rpartition("/")[2].split(",")]
    return json.dumps(users if "," in path else users[0]).encode()


class Tally:
    """What the callers saw."""

    def __init__(self) -> None:
        self.statuses: Counter[str] = Counter()
        self.seconds: list[float] = []


async def _call(port: int, due: Iterator[tuple[float, int]], tally: Tally) -> None:
    """One connection, which submits the next notification when its time has come; one that breaks is replaced."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for at, user in due:
        await asyncio.sleep(at - time.perf_counter())
        began = time.perf_counter()
        try:
            writer.write(_request(user))
            status = await _read_status(reader)
        except (OSError, asyncio.IncompleteReadError):
            tally.statuses["lost"] += 1
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
        else:
            tally.seconds.append(time.perf_counter() - began)
            tally.statuses[status] += 1
    writer.close()


def _request(user: int) -> bytes:
    body = json.dumps({"title": "A home", "message": "3 bedrooms", "user_id": user}).encode()
    head = f"POST /api/v1/notifications/ HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {len(body)}\r\n"
    return head.encode() + b"Content-Type: application/json\r\n\r\n" + body


async def _read_status(reader: asyncio.StreamReader) -> str:
    answer = await reader.readuntil(b"\r\n\r\n")
    await reader.readexactly(int(answer.lower().partition(b"content-length: ")[2].split(b"\r", 1)[0]))
    return answer[9:12].decode()


async def _put_load(port: int, users: range) -> tuple[Tally, float]:
    tally, began = Tally(), time.perf_counter()
    due = iter([(began + place / RATE, user) for place, user in enumerate(users)])
    await asyncio.gather(*(_call(port, due, tally) for _ in range(CONNECTIONS)))
    return tally, time.perf_counter() - began


@contextmanager
def _running(settings: dict[str, str], *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(
        [COMMAND, *arguments], env=settings, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=settings["HOME"]
    )
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait()


def _migrate(settings: dict[str, str]) -> None:
    subprocess.run([COMMAND, "migrate"], env=settings, cwd=settings["HOME"], check=True, capture_output=True)


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def _sent(file: Path) -> int:
    with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as store:
        return int(store.execute("SELECT count(*) FROM deliveries WHERE state = 'sent'").fetchone()[0])


async def _until_sent(file: Path, count: int, patience: float) -> float:
    began = time.perf_counter()
    while _sent(file) < count:
        if time.perf_counter() - began > patience:
            raise SystemExit(f"after {patience:.0f} seconds {_sent(file)} of {count} were sent")
        await asyncio.sleep(0.1)
    return time.perf_counter() - began


async def measure(seconds: float, *, store_timeout: float = 1.0, patience: float = 600) -> None:
    """Measure each trouble, and print what came of it; callers wait `store_timeout` seconds for the store."""
    service, users = UserService(), itertools.count(1)
    server = await asyncio.start_server(service.serve, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/users"
    with tempfile.TemporaryDirectory(prefix="unaddressed-") as folder:
        file, port = Path(folder) / "app.db", _free_port()
        settings = {
            "PATH": os.environ["PATH"],
            "HOME": folder,
            "DATABASE_URL": f"sqlite:///{file}",
            "DEFAULT_PREFERENCES": "email",
            "LOG_LEVEL": "error",
            "STORE_TIMEOUT": str(store_timeout),
            "USER_SERVICE_URL": f"{url}/{{user_id}}",
            "USER_SERVICE_BULK_URL": f"{url}/{{user_ids}}",
        }
        await asyncio.to_thread(_migrate, settings)
        with _running(settings, "api", "--port", str(port)), _running(settings, "worker"):
            await _until_open(port)
            total = 0
            for trouble in TROUBLES:
                service.behaviour, before = trouble, service.asked
                first = next(users)
                batch = range(first, first + int(RATE * seconds))
                users = itertools.count(batch.stop)
                tally, took = await _put_load(port, batch)
                total += tally.statuses["200"]
                asked = service.asked - before
                service.behaviour = "well"
                drained = await _until_sent(file, total, patience)
                _report(trouble, tally, took, asked, drained)
    server.close()


def _report(trouble: str, tally: Tally, took: float, asked: int, drained: float) -> None:
    centiles = statistics.quantiles(tally.seconds, n=100)
    print(
        f"{trouble:9} accepted {tally.statuses['200']:6} of {tally.statuses.total():6} in {took:5.1f} s, "
        f"p50 {centiles[49] * 1000:6.1f} ms, p99 {centiles[98] * 1000:7.1f} ms; asked {asked:5} times meanwhile; "
        f"all sent {drained:5.1f} s after the User service was well",
        flush=True,
    )


async def _until_open(port: int) -> None:
    while True:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            await asyncio.sleep(0.1)
        else:
            writer.close()
            return


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=30.0, help="of load in each trouble")
    asyncio.run(measure(parser.parse_args().seconds))
