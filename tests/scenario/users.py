"""The small User service of this repository, with the people of the scenario, and now and then out of order."""

import asyncio
from collections.abc import Mapping

from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from property_alert_notification.user_service.api import create_user_service
from property_alert_notification.user_service.people import Person
from tests.scenario.actions import Profile

_NONSENSE: tuple[Response, ...] = (
    HTMLResponse("<h1>Welcome</h1>"),
    JSONResponse({"id": 0, "email": "somebody.else@example.com"}),
    Response('{"email": "half@exam', media_type="application/json"),
    JSONResponse({}),
    JSONResponse(["email"]),
    JSONResponse({"error": "internal"}, 500),
)


class UserService:
    """An ASGI application."""

    def __init__(self) -> None:
        self.trouble: str | None = None
        self.asked = 0
        """How many questions it got."""
        self._app = create_user_service()
        self._gate = asyncio.Event()
        """Of answers, while it is slow."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        self.asked += 1
        if self.trouble == "slow":
            await self._gate.wait()
        answer: ASGIApp = self._app
        if self.trouble == "down":
            answer = PlainTextResponse("Out of order.", status_code=503)
        elif self.trouble == "nonsense":
            answer = _NONSENSE[self.asked % len(_NONSENSE)]
        await answer(scope, receive, send)

    def let_answers_go(self) -> None:
        """Answer all that was asked so far, if it is slow."""
        self._gate.set()
        self._gate = asyncio.Event()

    def fill(self, profiles: Mapping[int, Profile | None]) -> None:
        """Know this of these users."""
        for user, profile in profiles.items():
            self.learn(user, profile)

    def learn(self, user: int, profile: Profile | None) -> None:
        """Know this of a user, or that there is none."""
        store = self._app.state.store
        if profile is None:
            store.delete(user)
        else:
            zone, country = profile["time_zone"] or "", profile["country"] or ""
            email, phone_number = profile["email"], profile["phone_number"]
            person = Person(user, email, phone_number, time_zone=zone, country=country, **named(user))
            store.put(person)


def named(user: int) -> dict[str, str]:
    """What the User service knows of every user, and what decides nothing."""
    return {"name": f"User {user}", "language": "en"}
