"""Explanations and backtests take turns in a process: each reads much, and other calls need the store, too."""

from typing import Annotated, cast

from fastapi import Depends, Request

from property_alert_notification.base.turns import Turns

AT_ONCE = 4
"""Explanations and backtests at the same time. The others wait without a connection to the store."""


def answer_turns() -> Turns:
    """The turns of one process. The application puts them into its state."""
    return Turns(AT_ONCE)


async def _turns(request: Request) -> Turns:
    return cast(Turns, request.app.state.answer_turns)


TurnsDep = Annotated[Turns, Depends(_turns)]
