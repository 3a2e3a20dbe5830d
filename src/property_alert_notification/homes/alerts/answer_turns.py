"""How many answers to "why" a process makes at the same time: each reads much, and other calls need the store, too."""

import asyncio
from typing import Annotated, cast

from fastapi import Depends, Request

AT_ONCE = 4
"""Explanations and backtests. The others wait for their turn without a connection to the store."""


def answer_turns() -> asyncio.Semaphore:
    """The turns of one process. The application puts them into its state."""
    return asyncio.Semaphore(AT_ONCE)


async def _turns(request: Request) -> asyncio.Semaphore:
    return cast(asyncio.Semaphore, request.app.state.answer_turns)


TurnsDep = Annotated[asyncio.Semaphore, Depends(_turns)]
