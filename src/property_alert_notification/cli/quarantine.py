"""`quarantine`: lists, replays and discards deliveries that repeatedly broke the worker."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import typer

from property_alert_notification.cli.options import AsJson, command_group
from property_alert_notification.cli.tables import local, print_facts, print_rows

if TYPE_CHECKING:
    from property_alert_notification.operators.quarantine.queries import Case
    from property_alert_notification.operators.quarantine.schemas import QuarantineCase, QuarantinedDelivery
    from property_alert_notification.operators.quarantine.service import QuarantineService

app = command_group(
    "List deliveries that repeatedly broke the worker; replay or discard them.", start="quarantine list"
)

Ids = Annotated[list[UUID], typer.Argument(metavar="ID...", help="Of deliveries, as `list` shows them.")]


@app.command("list")
def list_newest(
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="How many at most.")] = 20,
    as_json: AsJson = False,
) -> None:
    r"""List quarantined deliveries, the newest first, without any address or text.

    For example:

    `property-alerts quarantine list`\
    `property-alerts quarantine list --limit 100 --json`
    """
    found = asyncio.run(_newest(limit))
    if as_json:
        typer.echo(json.dumps([case.model_dump(mode="json") for case in found], indent=2))
    elif not found:
        typer.echo("There are none.")
    else:
        _show_list(found)


@app.command()
def show(
    delivery_id: Annotated[UUID, typer.Argument(metavar="ID", help="Of a delivery, as `list` shows it.")],
    as_json: AsJson = False,
) -> None:
    r"""Show one quarantined delivery and all its attempts.

    `property-alerts notifications show` with the id of its notification shows its address and message.

    For example:

    `property-alerts quarantine show 019ab6c1-3f7e-7cc3-98c4-2f0e8d1f6a55`
    """
    case = asyncio.run(_case(delivery_id))
    if as_json:
        typer.echo(case.model_dump_json(indent=2))
    else:
        _show_case(case)


@app.command()
def replay(delivery_ids: Ids) -> None:
    r"""Send deliveries again, at once. Of several, all are replayed or none.

    Consent, expiry, cancellation and pauses are checked again. A delivery that breaks the worker five more times is
    quarantined again.

    For example:

    `property-alerts quarantine replay 019ab6c1-3f7e-7cc3-98c4-2f0e8d1f6a55`
    """
    _decide(delivery_ids, lambda service, delivery_id: service.replay(delivery_id))
    typer.echo(f"{len(delivery_ids)} tried again. See: property-alerts quarantine list")


@app.command()
def discard(delivery_ids: Ids) -> None:
    r"""Give deliveries up: they end as failed. Of several, all are discarded or none.

    For example:

    `property-alerts quarantine discard 019ab6c1-3f7e-7cc3-98c4-2f0e8d1f6a55`
    """
    _decide(delivery_ids, lambda service, delivery_id: service.discard(delivery_id))
    typer.echo(f"{len(delivery_ids)} discarded.")


def _decide(delivery_ids: list[UUID], decision: "Callable[[QuarantineService, UUID], Awaitable[Case]]") -> None:
    from property_alert_notification.cli.store import actor, configured
    from property_alert_notification.operators.quarantine.service import QuarantineService

    async def work() -> None:
        async with configured() as database, database.transaction() as connection:
            service = QuarantineService(connection, database.clock, actor())
            # In one order, or two operators wait for each other.
            for delivery_id in sorted(set(delivery_ids)):
                await decision(service, delivery_id)

    asyncio.run(work())


async def _newest(limit: int) -> "list[QuarantinedDelivery]":
    from property_alert_notification.cli.store import configured
    from property_alert_notification.operators.quarantine.cases import list_cases

    async with configured() as database:
        return (await list_cases(database, cursor=None, limit=limit)).items


async def _case(delivery_id: UUID) -> "QuarantineCase":
    from property_alert_notification.cli.store import configured
    from property_alert_notification.operators.quarantine.cases import show_case

    async with configured() as database:
        return await show_case(database, delivery_id)


def _show_list(found: "list[QuarantinedDelivery]") -> None:
    rows = [
        (one.id, one.channel or "unknown", one.category, one.user_id, local(one.changed_at), one.attempts, one.reason)
        for one in found
    ]
    print_rows(("delivery", "channel", "category", "user", "since", "attempts", "why"), rows)


def _show_case(case: "QuarantineCase") -> None:
    tried = [
        (
            f"attempt {number}",
            f"{local(attempt.started_at)} by {attempt.provider}, {attempt.outcome}: {attempt.reason}",
        )
        for number, attempt in enumerate(case.tried, start=1)
    ]
    facts = [
        ("notification", case.notification_id),
        ("channel", case.channel or "unknown"),
        ("user", case.user_id),
        ("category", case.category),
        ("reference", case.reference or ""),
        ("since", local(case.changed_at)),
        ("why", case.reason),
        ("reason code", case.reason_code),
        *tried,
    ]
    print_facts("delivery", str(case.id), facts)
