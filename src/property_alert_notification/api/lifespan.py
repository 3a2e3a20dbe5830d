"""Logs in one line why the application cannot start, for a server that runs `main:app`."""

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from property_alert_notification.base.errors import ConfigurationError


class ExplainsItsStart:
    """Replaces the traceback of a wrong setting, which servers log whole, by the line that names the setting."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "lifespan":
            await self._app(scope, receive, send)
            return
        failures: list[Message] = []

        async def send_unless_failed(message: Message) -> None:
            if message["type"] == "lifespan.startup.failed":
                failures.append(message)
            else:
                await send(message)

        try:
            await self._app(scope, receive, send_unless_failed)
        except ConfigurationError as error:
            await send({"type": "lifespan.startup.failed", "message": f"error: {error}"})
        except BaseException:
            for message in failures:
                await send(message)
            raise
