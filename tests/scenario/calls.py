"""What is done in the scenario, as calls of the API."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from typing import Any

import httpx2

from tests.scenario.actions import Cancel, Define, Merge, Prefer, Push, Repeat, Submit
from tests.scenario.plan import Resident
from tests.scenario.users import named

MOST = 1_000
"""Of what one call may carry."""


@dataclass
class Caller:
    """All who call the API."""

    api: httpx2.AsyncClient
    residents: Mapping[int, Resident]
    ids: dict[str, str] = field(default_factory=dict)
    """The id of each notification that was accepted."""
    problems: list[str] = field(default_factory=list)
    """Answers that are not as expected."""

    async def act(self, actions: Iterable[Any], refused: Sequence[str]) -> None:
        """Call for each of these, of which some are to be refused."""
        for kind, some in groupby(actions, key=type):
            if kind is Submit:
                await self._submit([one for one in some if isinstance(one, Submit)], refused)
                continue
            for action in some:
                await self._act(action, refused)

    async def get(self, key: str) -> Any:
        """What the API says of a notification that was accepted."""
        return (await self._call("GET", f"/notifications/{self.ids[key]}", 200)).json()

    async def _act(self, action: Any, refused: Sequence[str]) -> None:
        match action:
            case Prefer(user, None):
                await self._call("DELETE", f"/preferences/{user}", 204, 404)
            case Prefer(user, preferences):
                await self._call("PUT", f"/preferences/{user}", 200, json=preferences)
            case Merge(user, patch):
                await self._call("PATCH", f"/preferences/{user}", 200, 404, json=patch)
            case _:
                await self._operate(action, refused)

    async def _operate(self, action: Any, refused: Sequence[str]) -> None:
        match action:
            case Push(user, None):
                await self._call("DELETE", f"/users/{user}/profile", 204)
            case Push(user, profile):
                await self._call("PUT", f"/users/{user}/profile", 200, json={**profile, **named(user)})
            case Cancel(key) if key in self.ids:
                await self._call("POST", f"/notifications/{self.ids[key]}/cancel", 200, 409)
            case Define(name, None):
                await self._call("DELETE", f"/categories/{name}", 200, 204)
            case Define(name, definition):
                await self._call("PUT", f"/categories/{name}", 200, 201, json=definition)
            case Repeat(key):
                answer = await self._call("POST", "/schedules", 200, 201, 404, 422, json=self._schedule(action))
                if (answer.status_code >= 400) != (key in refused):
                    self.problems.append(f"{action} was answered {answer.text}")

    async def _call(self, method: str, path: str, *wanted: int, json: Any = None) -> httpx2.Response:
        answer = await self.api.request(method, path, json=json)
        assert answer.status_code in wanted, answer.text
        return answer

    async def _submit(self, submits: Sequence[Submit], refused: Sequence[str]) -> None:
        for begin in range(0, len(submits), MOST):
            some = submits[begin : begin + MOST]
            bodies = [self._body(one) for one in some]
            answer = await self._call("POST", "/notifications/batch", 200, json={"notifications": bodies})
            for one, result in zip(some, answer.json()["results"], strict=True):
                if "id" in result:
                    self.ids[one.key] = result["id"]
                is_refused = "error" in result and result["error"]["status"] == 404
                if is_refused != (one.key in refused) or ("id" in result) == is_refused:
                    self.problems.append(f"{one} was answered {result}")

    def _body(self, submit: Submit) -> dict[str, Any]:
        resident = self.residents[submit.user]
        body: dict[str, Any] = {
            "title": f"Title of {submit.key}",
            "message": f"Message of {submit.key}",
            "user_id": submit.user,
            "category": submit.category,
            "reference": submit.key,
            "urgent": submit.urgent,
        }
        addresses = {"email": ("user_email", resident.email), "sms": ("user_phone_number", resident.phone_number)}
        body |= dict(addresses[channel] for channel in submit.given)
        for name in ("send_at", "expires_at"):
            if (moment := getattr(submit, name)) is not None:
                body[name] = moment.isoformat()
        if submit.send_at_local is not None:
            body["send_at_local"] = _local(submit.send_at_local)
        if submit.channels is not None:
            body["channels"] = submit.channels
        return body

    def _schedule(self, repeat: Repeat) -> dict[str, Any]:
        """The body of the call."""
        body = self._body(Submit(repeat.key, repeat.user, repeat.category))
        body |= {"rrule": repeat.rrule, "start": _local(repeat.start)}
        return body if repeat.zone is None else body | {"time_zone": repeat.zone}


def _local(time: datetime) -> str:
    return time.isoformat(timespec="minutes")
