"""`demo`: real listings through a running service."""

from typing import Annotated

import typer


def demo(
    url: Annotated[str, typer.Option(help="The address of the service.")] = "http://127.0.0.1:8000",
    count: Annotated[int, typer.Option(min=1, max=100_000, help="Notifications to send.")] = 1000,
    homes: Annotated[int, typer.Option(min=0, max=21_613, help="Homes whose sale is replayed; 0 for none.")] = 300,
    searches: Annotated[int, typer.Option(min=1, max=10_000, help="Saved searches.")] = 2000,
    digests: Annotated[int, typer.Option(min=0, max=100, help="Users whose alerts come in a digest at the end.")] = 40,
    patience: Annotated[float, typer.Option(min=1, help="Seconds to wait for the last delivery.")] = 120,
) -> None:
    r"""Send notifications about real homes through a running service, and count their results.

    Then the story of homes: users save searches, the sales of a year in King County are replayed as listing events with
    price cuts and relistings, and alerts of what matches arrive in the mailbox, for some users in a digest.

    It speaks to the HTTP API as any other service would: preferences for 200 made-up users first, then the
    notifications. Some of the users want only email or only SMS, and some want nothing.

    For example:

    `property-alerts demo`\
    `property-alerts demo --count 50 --url http://127.0.0.1:8001`
    """
    import asyncio

    from property_alert_notification.cli.demo.run import run

    if not asyncio.run(run(url.rstrip("/"), count, homes=homes, searches=searches, digests=digests, patience=patience)):
        raise typer.Exit(1)
