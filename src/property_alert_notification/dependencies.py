"""What routes may ask for. The application puts these into its state when it starts."""

from typing import Annotated, cast

from fastapi import Depends, Request

from property_alert_notification.clock import Clock
from property_alert_notification.database import Database


def _database(request: Request) -> Database:
    return cast(Database, request.app.state.database)


def _clock(request: Request) -> Clock:
    return cast(Clock, request.app.state.clock)


DatabaseDep = Annotated[Database, Depends(_database)]
ClockDep = Annotated[Clock, Depends(_clock)]
