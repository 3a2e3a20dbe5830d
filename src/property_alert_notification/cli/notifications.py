"""`notifications`: what became of each, read from the store itself, also while no API runs."""

import asyncio
import json
from typing import TYPE_CHECKING, Annotated, Any

import typer

from property_alert_notification.base.errors import ConfigurationError
from property_alert_notification.base.reasons import ReasonCode
from property_alert_notification.base.vocabulary import Channel, NotificationStatus
from property_alert_notification.cli.options import AsJson, command_group
from property_alert_notification.cli.tables import local, print_facts, print_rows

if TYPE_CHECKING:
    from property_alert_notification.base.vocabulary import DeliveryState
    from property_alert_notification.database import Database
    from property_alert_notification.notifications.answers import DeliveryPublic, NotificationDetail
    from property_alert_notification.notifications.list_paths import Summary
    from property_alert_notification.notifications.lists import Found
    from property_alert_notification.notifications.schemas import NotificationQuery

app = command_group("Show notifications and their results, with reasons.", start="notifications list")

MOST_WITH_ONE_REFERENCE = 100
"""Notifications that are listed when many have the same reference."""

OfStatus = Annotated[NotificationStatus | None, typer.Option(help="Only those with this status.", case_sensitive=False)]
OfChannel = Annotated[Channel | None, typer.Option(help="Only those meant for this channel.", case_sensitive=False)]
OfReason = Annotated[
    ReasonCode | None,
    typer.Option(
        help="Only those with a delivery that is in its state for this reason (docs/reasons.md).",
        case_sensitive=False,
        metavar="CODE",
    ),
]
AcceptedAfter = Annotated[
    str | None, typer.Option(help="Only those accepted then or later: 2026-12-01T09:00:00+01:00.")
]


@app.command("list")
def list_newest(
    user: Annotated[int | None, typer.Option(help="Only those for this user_id.")] = None,
    status: OfStatus = None,
    category: Annotated[str | None, typer.Option(help="Only those of this category.")] = None,
    reference: Annotated[str | None, typer.Option(help="Only those with this reference of the caller.")] = None,
    channel: OfChannel = None,
    reason_code: OfReason = None,
    delivery_id: Annotated[str | None, typer.Option(help="Only the one of this delivery.")] = None,
    message_id: Annotated[str | None, typer.Option(help="Only the one of the email with this Message-ID.")] = None,
    accepted_after: AcceptedAfter = None,
    accepted_before: Annotated[str | None, typer.Option(help="Only those accepted before.")] = None,
    cursor: Annotated[str | None, typer.Option(help="The cursor that the previous page printed.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="How many at most.")] = 20,
    as_json: AsJson = False,
) -> None:
    r"""List the newest notifications and the state of their deliveries, without any address or text.

    When there are more, the last line on standard error says with which `--cursor` the list goes on.

    For example:

    `property-alerts notifications list`\
    `property-alerts notifications list --user 1 --limit 100`\
    `property-alerts notifications list --reference order-7 --channel sms`\
    `property-alerts notifications list --status failed --reason-code attempts_used_up`\
    `property-alerts notifications list --status failed --accepted-after 2026-12-01T00:00:00Z --json`
    """
    from pydantic_core import to_jsonable_python

    asked = {
        "user_id": user,
        "status": status,
        "category": category,
        "reference": reference,
        "channel": channel,
        "reason_code": reason_code,
        "delivery_id": delivery_id,
        "message_id": message_id,
        "accepted_after": accepted_after,
        "accepted_before": accepted_before,
        "cursor": cursor,
    }
    found, goes_on_at = asyncio.run(_newest(_database_url(), _query(asked), limit))
    if as_json:
        typer.echo(json.dumps(to_jsonable_python(found), indent=2))
    else:
        _show_list(found)
    if goes_on_at is not None:
        typer.echo(f"There are more: --cursor {goes_on_at}", err=True)


@app.command()
def show(
    what: Annotated[
        str,
        typer.Argument(metavar="ID", help="Its id, the id of one of its deliveries, a Message-ID, or its reference."),
    ],
    as_json: AsJson = False,
) -> None:
    r"""Show one notification: every delivery, every attempt, and the reason of each decision.

    It prints the message and the addresses: they are personal data. When several notifications have the same
    reference it lists them instead.

    For example:

    `property-alerts notifications show 019ab6c1-3f7e-7cc3-98c4-2f0e8d1f6a55`\
    `property-alerts notifications show '<019ab6c1-52c1-7c63-b0b5-95ecb5d8a1f0@example.com>'`\
    `property-alerts notifications show order-7 --json`
    """
    from pydantic_core import to_jsonable_python

    found = asyncio.run(_find(_database_url(), what))
    if isinstance(found, list):
        typer.echo("Several have this reference; show one of them by its id:", err=True)
        if as_json:
            typer.echo(json.dumps(to_jsonable_python(found), indent=2))
        else:
            _show_list(found)
    elif as_json:
        typer.echo(found.model_dump_json(indent=2))
    else:
        _show_detail(found)


def _query(asked: dict[str, Any]) -> "NotificationQuery":
    """What was asked for, checked as the API checks it."""
    from pydantic import ValidationError

    from property_alert_notification.base.wording import of_plain_text
    from property_alert_notification.notifications.schemas import NotificationQuery

    try:
        return NotificationQuery.model_validate({name: value for name, value in asked.items() if value is not None})
    except ValidationError as error:
        wrong = error.errors(include_url=False)[0]
        option = {"user_id": "user"}.get(str(wrong["loc"][0]), str(wrong["loc"][0])).replace("_", "-")
        raise ConfigurationError(f"--{option}: {of_plain_text(wrong)}") from None


def _database_url() -> str:
    from property_alert_notification.preflight import load_settings

    return load_settings().database_url


async def _newest(url: str, query: "NotificationQuery", limit: int) -> tuple[list[dict[str, Any]], str | None]:
    """Up to `limit` rows, and the cursor at which the list goes on."""
    from property_alert_notification.api.paging import next_cursor, start_of
    from property_alert_notification.cli.store import reading
    from property_alert_notification.notifications import lists
    from property_alert_notification.notifications.lookup import filters_of

    filters, before = filters_of(query), start_of(query.cursor)
    async with reading(url) as database:
        page = await lists.read_page(database, filters, before=before, limit=limit, read=_readable_page)
        found = page.items
        while page.next is not None and len(found) < limit:
            left = limit - len(found)
            page = await lists.read_page(database, filters, before=page.next, limit=left, read=_readable_page)
            found += page.items
        rows = await _rows(database, found)
    return rows, next_cursor(page.next)


async def _find(url: str, what: str) -> "NotificationDetail | list[dict[str, Any]]":
    from property_alert_notification.base.errors import NotFound
    from property_alert_notification.cli.store import reading
    from property_alert_notification.notifications.detail import NO_SUCH_NOTIFICATION, read_detail
    from property_alert_notification.notifications.lists import with_repair
    from property_alert_notification.notifications.lookup import find_notifications

    async with reading(url) as database:
        found = await with_repair(
            database,
            lambda connection, repair: find_notifications(
                connection, what, limit=MOST_WITH_ONE_REFERENCE, repair=repair
            ),
            _readable,
        )
        if not found:
            raise NotFound(NO_SUCH_NOTIFICATION)
        return await read_detail(database, found[0].id) if len(found) == 1 else await _rows(database, found)


def _readable_page(page: "Found") -> "Found":
    _readable(page.items)
    return page


def _readable(found: "list[Summary]") -> "list[Summary]":
    """The same, once the API could show it too.

    Raises:
        ValidationError: a value is of another kind than its column.
    """
    from property_alert_notification.notifications.answers import NotificationSummary

    for one in found:
        NotificationSummary.model_validate(one)
    return found


async def _rows(database: "Database", found: "list[Summary]") -> list[dict[str, Any]]:
    from property_alert_notification.deliveries import queries as deliveries

    async with database.reading() as connection:
        states = await deliveries.states_of(connection, [summary.id for summary in found])
    return [_row(summary, states[summary.id]) for summary in found]


def _row(summary: "Summary", states: dict[str, "DeliveryState"]) -> dict[str, Any]:
    shown = ("id", "accepted_at", "user_id", "category", "reference", "urgent", "status")
    codes = sorted(set((summary.reason_codes or "").split()))
    return {name: getattr(summary, name) for name in shown} | {"reason_codes": codes, "deliveries": states}


def _show_list(found: list[dict[str, Any]]) -> None:
    if not found:
        typer.echo("There are none.")
        return
    rows = []
    for one in found:
        otherwise = "not used" if one["deliveries"] else str(one["status"])
        states = [one["deliveries"].get(channel, otherwise) for channel in Channel]
        accepted = local(one["accepted_at"])[len("2026-") : len("2026-11-29 09:00")]
        rows.append((one["id"], accepted, one["user_id"], *states, one["reference"] or ""))
    print_rows(("id", "accepted", "user", *Channel, "reference"), rows)


def _show_detail(detail: "NotificationDetail") -> None:
    facts = [
        ("status", detail.status),
        ("user", detail.user_id),
        ("category", detail.category),
        ("reference", detail.reference),
        ("accepted", local(detail.accepted_at)),
        ("by", detail.caller),
        ("test", "yes" if detail.test else None),
        ("send at", local(detail.send_at)),
        ("expires", local(detail.expires_at)),
        ("cancelled", local(detail.cancelled_at)),
        ("urgent", "yes" if detail.urgent else None),
        ("only", ", ".join(detail.channels or [])),
        ("no address", ", ".join(detail.without_address)),
        ("title", detail.title),
        ("message", detail.message),
    ]
    print_facts("notification", str(detail.id), [(name, value) for name, value in facts if value not in (None, "")])
    for delivery in detail.deliveries:
        print_facts(str(delivery.channel), f"{delivery.state}: {delivery.reason}", _facts_of(delivery))


def _facts_of(delivery: "DeliveryPublic") -> list[tuple[str, object]]:
    facts: list[tuple[str, object]] = [
        ("address", delivery.address or "none"),
        ("delivery", delivery.id),
        ("reason code", delivery.reason_code),
        ("since", local(delivery.changed_at)),
    ]
    if delivery.held_by is not None:
        facts.append(("held by", delivery.held_by))
    if delivery.due_at is not None:
        facts.append(("next look", local(delivery.due_at)))
    for number, attempt in enumerate(delivery.attempts, start=1):
        came_of_it = f"{attempt.outcome}: {attempt.reason}" if attempt.outcome else "under way"
        facts.append((f"attempt {number}", f"{local(attempt.started_at)} by {attempt.provider}, {came_of_it}"))
        if attempt.provider_message_id:
            facts.append(("", f"the provider calls it {attempt.provider_message_id}"))
    return facts
