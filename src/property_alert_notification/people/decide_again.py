"""What waits because of what is known of a person is decided again when that changes.

Rooms above this one hold messages back, and say here how they let go of them.
"""

from collections.abc import Awaitable, Callable, Collection
from typing import Annotated, cast

from fastapi import Depends, Request
from sqlalchemy.ext.asyncio import AsyncConnection

DecideAgain = Callable[[AsyncConnection, Collection[int]], Awaitable[None]]
"""Has decided again what waits for these users, as a part of the transaction that changes what is known of them."""


async def _decide_again(request: Request) -> DecideAgain:
    return cast(DecideAgain, request.app.state.decide_again)


DecideAgainDep = Annotated[DecideAgain, Depends(_decide_again)]
