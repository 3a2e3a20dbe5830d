"""The service of a real-estate company: it saves what its users look for, and sends what happens to listings."""

import asyncio
from collections.abc import Coroutine, Sequence
from datetime import datetime
from http import HTTPStatus
from typing import Any, Self

import httpx2

from chaos.trial import Trial
from tests.homes_scenario.expected import address_of
from tests.homes_scenario.market import Event
from tests.homes_scenario.searches import Search

AT_ONCE = 16
"""Calls about users."""

PATIENCE = 10.0
"""Seconds that one call waits for its answer."""

BUSY = 0.2
"""Seconds after which a call is repeated that was not answered, or refused."""

GOOD = {"accepted", "unchanged"}
"""What may become of a record."""


class HomesCaller:
    """Calls both processes of the API, and repeats each call until it is answered. Use it as a context manager."""

    def __init__(self, trial: Trial) -> None:
        self._trial = trial
        self._slots = asyncio.Semaphore(AT_ONCE)
        headers = {"Authorization": f"Bearer {trial.cluster.api_key}"}
        self._client = httpx2.AsyncClient(headers=headers, trust_env=False, timeout=PATIENCE)

    async def push_profiles(self, users: Sequence[int]) -> None:
        """The company knows these users."""
        await self._all(
            self._call("PUT", f"users/{one}/profile", {"email": address_of(one), "time_zone": "UTC"}) for one in users
        )

    async def prefer(self, users: Sequence[int], *, digest: datetime) -> None:
        """These users want emails, and digests at a minute of the day."""
        wanted = {"email_enabled": True, "sms_enabled": False, "time_zone": "UTC", "digest": {"at": f"{digest:%H:%M}"}}
        await self._all(self._call("PUT", f"preferences/{one}", wanted) for one in users)

    async def save(self, searches: Sequence[Search]) -> None:
        """Users save these searches."""
        await self._all(
            self._call(
                "POST",
                f"users/{one.user}/saved-searches",
                {
                    "SavedSearchName": one.name,
                    "Criteria": one.criteria,
                    "ScheduleType": one.schedule,
                    "ChangeTypes": one.changes,
                },
                key=f"{self._trial.tag}-search-{one.number}",
            )
            for one in searches
        )

    async def send(self, call: Sequence[Event]) -> None:
        """Listings change."""
        answer = await self._call("POST", "listing-events", {"value": [one.step.record for one in call]})
        refused = sum(one["status"] not in GOOD for one in answer["results"])
        self._trial.note_problem("records that were refused", refused)

    async def _all(self, calls: Any) -> None:
        async def one_of(call: Coroutine[Any, Any, Any]) -> None:
            async with self._slots:
                await call

        await asyncio.gather(*map(one_of, calls))

    async def _call(self, method: str, path: str, body: dict[str, Any], *, key: str | None = None) -> Any:
        """Call until there is an answer of 2xx; another answer of 4xx than 409 and 429 is the trial's fault."""
        headers, urls = {"Idempotency-Key": key} if key else {}, self._trial.cluster.urls
        while True:
            url = self._trial.random.choice(urls)
            self._trial.call_log.calls += 1
            try:
                answer = await self._client.request(method, f"{url}/api/v1/{path}", json=body, headers=headers)
            except httpx2.TransportError:
                await asyncio.sleep(BUSY)  # its process is being killed
                continue
            if answer.is_success:
                return answer.json() if answer.content else None
            if answer.status_code not in (HTTPStatus.CONFLICT, HTTPStatus.TOO_MANY_REQUESTS) and answer.is_client_error:
                answer.raise_for_status()
            await asyncio.sleep(BUSY)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._client.aclose()
