"""A service that calls this one, and repeats each call until it has an answer."""

import asyncio
import itertools
import json
import math
import time
from collections.abc import Mapping
from dataclasses import dataclass
from random import Random
from typing import Any, Self

import httpx2

from chaos.call_log import CallLog

PATH = "/api/v1/notifications/"

PATIENCE = 5.0
"""Seconds that one call waits for its answer."""

LONGEST = 120.0
"""Seconds after its first failure after which a call is not repeated any more."""

FIRST_PHONE = 2_000_000
"""Where the seven digits of valid numbers of San Francisco begin."""

FIRST_PAUSE, LONGEST_PAUSE = 0.05, 1.0
"""Seconds between a call and its repetition, at most: they double from the one to the other."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a call was answered in the end."""

    status: int
    id: str | None
    replayed: bool


class NoAnswer(Exception):
    """Nothing that was repeated brought an answer."""


class Caller:
    """Calls several processes of the service with one API key. Use it as a context manager."""

    def __init__(
        self, urls: list[str], api_key: str, call_log: CallLog, dice: Random, *, connections: int, path: str = PATH
    ) -> None:
        """`connections` is how many are open at once, at most."""
        self._urls = [url + path for url in urls]
        self._call_log = call_log
        self._dice = dice
        self._client = httpx2.AsyncClient(
            headers={"Authorization": f"Bearer {api_key}", "Content-Type": "application/json"},
            limits=httpx2.Limits(max_connections=connections, max_keepalive_connections=connections),
            # To wait for a connection is not to wait for the service.
            timeout=httpx2.Timeout(PATIENCE, pool=None),
            trust_env=False,
        )

    async def submit(self, key: str, body: Mapping[str, Any], *, first: int) -> Answer | None:
        """Hand one notification over, at `urls[first]` and in turns; notes the answer, or what was wrong with it."""
        try:
            answer = await self.ask(key, body, first=first)
        except NoAnswer:
            self._call_log.wrong["no answer"] += 1
            return None
        if answer.id is None:
            self._call_log.wrong[f"answered {answer.status}"] += 1
            return None
        self._call_log.note(key, answer.id, replayed=answer.replayed)
        return answer

    async def submit_once(self, key: str, body: Mapping[str, Any], *, first: int) -> None:
        """Hand one notification over without ever repeating the call; notes the answer, if it was accepted."""
        answer = await self._call(self._urls[first % len(self._urls)], key, json.dumps(body).encode())
        if answer is not None and answer.id is not None:
            self._call_log.note(key, answer.id, replayed=answer.replayed)

    async def ask(self, key: str, body: Mapping[str, Any], *, first: int) -> Answer:
        """Call until there is an answer that stays: not lost, and not 409, 429 or 5xx.

        Raises:
            NoAnswer: there is none after a long time.
        """
        content, ends_at = json.dumps(body).encode(), math.inf
        for number in itertools.count():
            url = self._urls[(first + number) % len(self._urls)]
            if (answer := await self._call(url, key, content)) is not None:
                return answer
            # Not from the beginning: on a busy machine many calls wait for one of the connections.
            ends_at = min(ends_at, time.monotonic() + LONGEST)
            if time.monotonic() >= ends_at:
                break
            pause = min(FIRST_PAUSE * 2**number, LONGEST_PAUSE)
            await asyncio.sleep(self._dice.uniform(pause / 2, pause))
        raise NoAnswer

    async def _call(self, url: str, key: str, content: bytes) -> Answer | None:
        self._call_log.calls += 1
        began = time.monotonic()
        try:
            response = await self._client.post(url, content=content, headers={"Idempotency-Key": key})
        except httpx2.ReadTimeout:
            self._call_log.hangs += 1
            return None
        except httpx2.TransportError:
            return None
        self._call_log.seconds.append(time.monotonic() - began)
        self._call_log.statuses[response.status_code] += 1
        if response.status_code >= 500:
            self._call_log.errors[f"answered {response.status_code}: {response.text[:200]}"] += 1
        if response.status_code in (409, 429) or response.status_code >= 500:
            return None
        replayed = response.headers.get("Idempotency-Replayed") == "true"
        return Answer(response.status_code, response.json()["id"] if response.is_success else None, replayed)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._client.aclose()


def notification(number: int, tag: str) -> dict[str, Any]:
    """A notification that differs from all others by its user, its reference and its addresses."""
    return {
        "title": "A home for you",
        "message": f"Viewing {number} is confirmed for 10:30.",
        "user_id": number + 1,
        "user_email": f"buyer-{number}@example.com",
        "user_phone_number": f"+1415{FIRST_PHONE + number}",
        "reference": f"{tag}-{number}",
    }
