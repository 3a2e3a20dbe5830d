"""What the routes of this room take from the application's state."""

from typing import Annotated, cast

from fastapi import Depends, Request

from property_alert_notification.feedback.unsubscribe.tokens import Tokens


async def _tokens(request: Request) -> Tokens:
    return cast(Tokens, request.app.state.tokens)


TokensDep = Annotated[Tokens, Depends(_tokens)]
"""Makes and reads the tokens in links."""
