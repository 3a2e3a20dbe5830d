"""Reevaluates waiting deliveries when the preferences or the profile of their user change.

Rooms above this one hold and collect deliveries, and register here how they reevaluate them.
"""

from collections.abc import Awaitable, Callable, Collection
from typing import Annotated, cast

from fastapi import Depends, Request
from sqlalchemy.ext.asyncio import AsyncConnection

Reevaluate = Callable[[AsyncConnection, Collection[int]], Awaitable[None]]
"""Makes the waiting deliveries of these users due for reevaluation, in the transaction that stores the change."""


async def _reevaluate(request: Request) -> Reevaluate:
    return cast(Reevaluate, request.app.state.reevaluate)


ReevaluateDep = Annotated[Reevaluate, Depends(_reevaluate)]
