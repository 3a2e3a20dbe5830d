"""What routes may ask for. The application puts these into its state when it starts.

They are coroutines because FastAPI runs a plain function in a thread.
"""

from typing import Annotated, cast

from fastapi import Depends, Request

from property_alert_notification.clock import Clock
from property_alert_notification.database import Database


async def _database(request: Request) -> Database:
    return cast(Database, request.app.state.database)


async def _clock(request: Request) -> Clock:
    return cast(Clock, request.app.state.clock)


DatabaseDep = Annotated[Database, Depends(_database)]
ClockDep = Annotated[Clock, Depends(_clock)]
