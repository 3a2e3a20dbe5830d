"""A fast path for the callbacks of providers, of which there are two or three for each message.

FastAPI looks for their route among those of all slices and resolves its parameters, which costs three times as much as
taking the callback. So a callback of a known provider is answered here, by the function that its route has.
"""

from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from property_alert_notification.api.path_prefix import path_within
from property_alert_notification.api.problems import answer_to
from property_alert_notification.base.errors import RequestError
from property_alert_notification.feedback.callbacks.routes import PREFIX, TEMPLATE, receive_callback

_BEGINNING = f"{PREFIX}/"


class CallbackFastPath:
    """Answers `POST /callbacks/{channel}/{provider}`; a middleware in front of the routes."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a callback, or pass the call on."""
        if scope["type"] != "http" or scope["method"] != "POST" or not path_within(scope).startswith(_BEGINNING):
            await self._app(scope, receive, send)
            return
        state = scope["app"].state
        channel, _, provider = path_within(scope).removeprefix(_BEGINNING).removesuffix("/").partition("/")
        if (channel, provider) not in state.callbacks.providers:
            await self._app(scope, receive, send)
            return
        scope["route_template"] = TEMPLATE
        try:
            request = Request(scope, receive)
            answer = await receive_callback(request, channel, provider, state.callbacks, state.clock)
        except RequestError as error:
            answer = answer_to(error)
        await answer(scope, receive, send)
