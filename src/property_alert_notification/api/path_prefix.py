"""The service under a path of a proxy's, as `/alerts`, whether the proxy takes that off a request's path or not.

Inside the application `root_path` is the prefix and `path` begins with it, as ASGI has it. `X-Forwarded-Prefix` is not
read: what a request says of itself may not decide where the links of a page lead.
"""

from typing import cast

from starlette.types import ASGIApp, Receive, Scope, Send


class UnderPath:
    """Puts the prefix before each path that comes without."""

    def __init__(self, app: ASGIApp, *, prefix: str) -> None:
        self._app = app
        self._prefix = prefix

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Note the prefix, and pass the request on."""
        if scope["type"] == "http":
            path = scope["path"]
            if path == self._prefix:
                path += "/"
            scope["path"] = path if path.startswith(f"{self._prefix}/") else f"{self._prefix}{path}"
            scope["root_path"] = self._prefix
        await self._app(scope, receive, send)


def path_within(scope: Scope) -> str:
    """The path of a request as the routes have it, without the prefix."""
    return cast(str, scope["path"].removeprefix(scope.get("root_path", "")))


def raw_path_within(scope: Scope) -> str:
    """The path as the client wrote it, with its escapes, without the prefix: what a signature over the URL covers."""
    raw: bytes | None = scope.get("raw_path")
    if raw is None:
        return path_within(scope)
    path = raw.decode("latin-1").partition("?")[0]
    prefix = scope.get("root_path", "")
    return path.removeprefix(prefix) if path.startswith(f"{prefix}/") else path
