"""The service of a caller that listens to webhooks: it verifies each call, and fails on some to have them repeated."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx2
from standardwebhooks import Webhook, WebhookVerificationError

from tests.refusals.event_model import Event
from tests.services.receiver import Call, a_receiver, reply

TIMEOUT = 2.0
"""Seconds that the workers wait for an answer."""
REFUSED_EACH, SLOW_EACH = 97, 601
"""One of so many calls is answered by 500, and one after the timeout."""


class Webhooks:
    """What the endpoint took, by `webhook-id`, and what was wrong with it."""

    def __init__(self) -> None:
        self.taken: dict[str, Event] = {}
        self.faults: list[str] = []
        self.calls = 0
        self._bodies: dict[str, bytes] = {}
        """The first body of each id: repetitions must be the same."""
        self._url = ""
        self._webhook: Webhook

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[None]:
        """Serve the endpoint while the block runs."""
        async with a_receiver() as receiver:
            self._url, receiver.answer = receiver.url, self.answer
            yield

    async def create(self, service: httpx2.AsyncClient) -> None:
        """Create the endpoint; what happened before is not sent to it."""
        answer = await service.post("/api/v1/webhooks", json={"url": self._url})
        assert answer.is_success, answer.text
        self._webhook = Webhook(answer.json()["secret"])

    async def answer(self, call: Call) -> bytes:
        """Answer one call."""
        self.calls += 1
        if self.calls % SLOW_EACH == 0:
            await asyncio.sleep(1.5 * TIMEOUT)
            return reply(204)
        if self.calls % REFUSED_EACH == 0:
            return reply(500)
        try:
            body: dict[str, Any] = self._webhook.verify(call.body, call.headers)
        except WebhookVerificationError as error:
            self.faults.append(f"{error}: {call.body!r}")
            return reply(400)
        id_ = call.headers["webhook-id"]
        if self._bodies.setdefault(id_, call.body) != call.body:
            self.faults.append(f"{id_} came with two bodies")
        self.taken[id_] = Event.read(body)
        return reply(204)
