"""Work in a thread of SQLite that goes on when its caller is cancelled."""

import asyncio
from collections.abc import Awaitable
from typing import Any


async def outliving(work: Awaitable[Any]) -> None:
    """Wait for `work`, which goes on when the caller is cancelled. The loop then logs no error of it.

    Raises:
        Exception: what `work` raised while its caller waited.
    """
    going = asyncio.ensure_future(work)
    try:
        await asyncio.shield(going)
    except BaseException:
        going.add_done_callback(_take_error)
        raise


def _take_error(going: asyncio.Future[Any]) -> None:
    if not going.cancelled():
        going.exception()
