"""Asks users to confirm their opt-ins. Rooms above this one send messages, and register here how they ask."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, NamedTuple, cast

from fastapi import Depends, Request
from sqlalchemy.ext.asyncio import AsyncConnection

from property_alert_notification.people.preferences.confirmation import Unconfirmed
from property_alert_notification.people.preferences.rules import Preferences


class Asked(NamedTuple):
    """A user who is asked to confirm opt-ins."""

    user_id: int
    preferences: Preferences
    requested: Unconfirmed


AskUsers = Callable[[AsyncConnection, Sequence[Asked], bool], Awaitable[None]]
"""Submits the confirmation messages of these users, in the transaction that stores their opt-ins; True for a test."""


@dataclass(frozen=True, slots=True)
class Confirmations:
    """How opt-ins to categories with `confirm_opt_in` are confirmed."""

    valid_for: timedelta
    """How long a user can confirm an opt-in."""
    ask: AskUsers


async def _confirmations(request: Request) -> Confirmations:
    return cast(Confirmations, request.app.state.confirmations)


ConfirmationsDep = Annotated[Confirmations, Depends(_confirmations)]
