"""What routes may ask for. The application puts these into its state when it starts.

They are coroutines because FastAPI runs a plain function in a thread.
"""

from typing import Annotated, Any, cast

from fastapi import Depends, Request, Response, Security
from fastapi.openapi.models import HTTPBearer
from fastapi.security import SecurityScopes
from fastapi.security.base import SecurityBase

from property_alert_notification.access.gate import Admission, Gate
from property_alert_notification.clock import Clock
from property_alert_notification.database import Database
from property_alert_notification.errors import LiveOnly
from property_alert_notification.vocabulary import Scope


async def _database(request: Request) -> Database:
    return cast(Database, request.app.state.database)


async def _clock(request: Request) -> Clock:
    return cast(Clock, request.app.state.clock)


class _ApiKey(SecurityBase):
    """Asks the gate, and describes itself in the API's document; one object, because every call goes through it."""

    scheme_name = "apiKey"
    model = HTTPBearer(
        description="An API key, made by `property-alerts keys create`. With ENVIRONMENT=local none is needed."
    )

    async def __call__(self, scopes: SecurityScopes, request: Request, response: Response) -> Admission:
        gate = cast(Gate, request.app.state.gate)
        admission = await gate.admit(request.headers.get("authorization"), Scope(scopes.scopes[-1]))
        response.headers.update(dict(admission.headers))
        return admission


class _LiveApiKey(_ApiKey):
    """The same, and no test key will do."""

    async def __call__(self, scopes: SecurityScopes, request: Request, response: Response) -> Admission:
        admission = await super().__call__(scopes, request, response)
        if admission.test:
            raise LiveOnly
        return admission


_API_KEY, _LIVE_API_KEY = _ApiKey(), _LiveApiKey()


def needs(scope: Scope, *, live_only: bool = False) -> Any:
    """A dependency that admits callers whose API key allows this, and gives their Admission."""
    return Security(_LIVE_API_KEY if live_only else _API_KEY, scopes=[scope.value])


DatabaseDep = Annotated[Database, Depends(_database)]
ClockDep = Annotated[Clock, Depends(_clock)]
