"""`webhooks`: the endpoints of callers, whether they fail, and what waits for them."""

import asyncio
import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

import typer

from property_alert_notification.cli.options import AsJson
from property_alert_notification.cli.tables import local, print_rows

if TYPE_CHECKING:
    from property_alert_notification.events.models import WebhookEndpoint

_HIDDEN = {"secret", "previous_secret"}


def webhooks(as_json: AsJson = False) -> None:
    r"""List webhooks, the newest first, and since when their calls fail.

    For example:

    `property-alerts webhooks`\
    `property-alerts webhooks --json`
    """
    found = asyncio.run(_all())
    if as_json:
        typer.echo(json.dumps([one.model_dump(mode="json", exclude=_HIDDEN) for one in found], indent=2))
    elif not found:
        typer.echo("There are none.")
    else:
        print_rows(
            ("id", "url", "caller", "state", "failing since", "last error"),
            [
                (
                    str(one.id),
                    one.url,
                    one.caller or "all",
                    one.state,
                    local(one.failing_since) if one.failing_since else "",
                    one.last_error or "",
                )
                for one in found
            ],
        )


async def _all() -> "Sequence[WebhookEndpoint]":
    from property_alert_notification.api.access.visibility import EVERYTHING
    from property_alert_notification.cli.store import configured
    from property_alert_notification.feedback.webhooks import queries

    async with configured() as database, database.reading() as connection:
        return await queries.visible_to(connection, EVERYTHING)
