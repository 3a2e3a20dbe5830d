"""`schedules`: reads and changes schedules directly in the store, also while no API runs."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Annotated, TypeVar
from uuid import UUID

import typer

from property_alert_notification.cli.options import AsJson, command_group
from property_alert_notification.cli.tables import local, print_facts, print_rows
from property_alert_notification.notifications.schedules.states import ScheduleState

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.ext.asyncio import AsyncConnection

    from property_alert_notification.database import Database
    from property_alert_notification.notifications.create import Planner
    from property_alert_notification.notifications.schedules.models import Schedule
    from property_alert_notification.notifications.schedules.schemas import SchedulePublic, ScheduleSummaryPublic

app = command_group("List, show, pause, resume and cancel schedules.", start="schedules list")

SHOWN = 5
"""How many occurrences `show` prints."""

Id = Annotated[UUID, typer.Argument(metavar="ID", help="The id of a schedule, as in `list`.")]
Answer = TypeVar("Answer")


@app.command("list")
def list_newest(
    user: Annotated[int | None, typer.Option(help="Only schedules for this user_id.")] = None,
    state: Annotated[
        ScheduleState | None, typer.Option(help="Only schedules in this state.", case_sensitive=False)
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="The maximum number of schedules.")] = 20,
    as_json: AsJson = False,
) -> None:
    r"""List schedules, the newest first, without message and addresses.

    For example:

    `property-alerts schedules list`\
    `property-alerts schedules list --user 7 --state quarantined --json`
    """
    found = asyncio.run(_newest(user, state, limit))
    if as_json:
        typer.echo(json.dumps([one.model_dump(mode="json") for one in found], indent=2))
    elif not found:
        typer.echo("There are none.")
    else:
        rows = [
            (one.id, one.user_id, one.category, one.state, local(one.next_at), one.used_time_zone, one.rrule)
            for one in found
        ]
        print_rows(("schedule", "user", "category", "state", "next", "time zone", "rule"), rows)


@app.command()
def show(schedule_id: Id, as_json: AsJson = False) -> None:
    r"""Show one schedule: its rule, its progress and its next occurrences.

    It prints the message and the addresses, which are personal data.

    For example:

    `property-alerts schedules show 019ab6c1-3f7e-7cc3-98c4-2f0e8d1f6a55`
    """
    found, coming = asyncio.run(_one(schedule_id))
    if as_json:
        shown = found.model_dump(mode="json") | {"occurrences": [moment.isoformat() for moment in coming]}
        typer.echo(json.dumps(shown, indent=2))
    else:
        print_facts("schedule", str(found.id), _facts(found, coming))


@app.command()
def pause(schedule_id: Id) -> None:
    r"""Pause a schedule: it creates no notification until `resume`.

    For example:

    `property-alerts schedules pause 019ab6c1-3f7e-7cc3-98c4-2f0e8d1f6a55`
    """
    from property_alert_notification.api.access.visibility import EVERYTHING
    from property_alert_notification.notifications.schedules import changes

    async def work(connection: "AsyncConnection", planner: "Planner") -> "Schedule":
        return await changes.pause(connection, schedule_id, EVERYTHING, now=planner.clock.now())

    _change("schedule.paused", schedule_id, work)
    typer.echo(f"Schedule {schedule_id} is paused.")


@app.command()
def resume(schedule_id: Id) -> None:
    r"""Resume a paused or quarantined schedule at its next occurrence. Occurrences within the pause are skipped.

    For example:

    `property-alerts schedules resume 019ab6c1-3f7e-7cc3-98c4-2f0e8d1f6a55`
    """
    from property_alert_notification.api.access.visibility import EVERYTHING
    from property_alert_notification.notifications.schedules import changes

    async def work(connection: "AsyncConnection", planner: "Planner") -> "Schedule":
        return await changes.resume(connection, schedule_id, EVERYTHING, planner)

    resumed = _change("schedule.resumed", schedule_id, work)
    typer.echo(f"Schedule {schedule_id} is active. Its next occurrence: {local(resumed.next_at)}.")


@app.command()
def cancel(schedule_id: Id) -> None:
    r"""Cancel a schedule: its row is deleted. The notifications that it created stay.

    For example:

    `property-alerts schedules cancel 019ab6c1-3f7e-7cc3-98c4-2f0e8d1f6a55`
    """
    from property_alert_notification.api.access.visibility import EVERYTHING
    from property_alert_notification.notifications.schedules import changes

    async def work(connection: "AsyncConnection", _: "Planner") -> None:
        await changes.remove(connection, schedule_id, EVERYTHING)

    _change("schedule.cancelled", schedule_id, work)
    typer.echo(f"Schedule {schedule_id} is cancelled.")


def _change(
    action: str, schedule_id: UUID, work: "Callable[[AsyncConnection, Planner], Awaitable[Answer]]"
) -> "Answer":
    """Change a schedule, with an entry in the audit record."""
    from property_alert_notification.api.access import queries as access
    from property_alert_notification.cli.store import actor, configured

    async def change() -> Answer:
        async with configured() as database, database.transaction() as connection:
            changed = await work(connection, _planner(database))
            subject = str(schedule_id)
            await access.record(connection, database.clock, actor=actor(), action=action, subject=subject)
            return changed

    return asyncio.run(change())


async def _newest(user: int | None, state: ScheduleState | None, limit: int) -> "list[ScheduleSummaryPublic]":
    from property_alert_notification.cli.store import configured
    from property_alert_notification.notifications.schedules import queries
    from property_alert_notification.notifications.schedules.answers import summary
    from property_alert_notification.notifications.schedules.occurrences import zones_of

    filters = queries.ScheduleFilters(user_id=user, state=state)
    async with configured() as database, database.reading() as connection:
        found = await queries.listed(connection, filters, before=None, limit=limit)
        users = {(one.user_id, one.test) for one in found}
        zones = await zones_of(connection, users, _planner(database))
    return [summary(one, zones) for one in found]


async def _one(schedule_id: UUID) -> "tuple[SchedulePublic, list[datetime]]":
    from property_alert_notification.api.access.visibility import EVERYTHING
    from property_alert_notification.cli.store import configured
    from property_alert_notification.notifications.schedules import changes, queries
    from property_alert_notification.notifications.schedules.answers import public
    from property_alert_notification.notifications.schedules.occurrences import zones_of

    async with configured() as database, database.reading() as connection:
        found = changes.visible_one(await queries.get(connection, schedule_id), EVERYTHING)
        zones = await zones_of(connection, {(found.user_id, found.test)}, _planner(database))
        coming = (
            []
            if found.state == ScheduleState.QUARANTINED
            else changes.coming(found, zones, SHOWN, database.clock.now())
        )
    return public(found, zones), coming


def _planner(database: "Database") -> "Planner":
    from property_alert_notification.people.categories.cache import CategoryCache
    from property_alert_notification.people.categories.rules import BUILT_IN
    from property_alert_notification.preflight import load_settings
    from property_alert_notification.wiring import planner

    # No categories are needed: a worker plans the occurrences.
    return planner(load_settings(), database.clock, CategoryCache(database, BUILT_IN))


def _facts(found: "SchedulePublic", coming: "list[datetime]") -> list[tuple[str, object]]:
    facts: list[tuple[str, object]] = [
        ("state", found.state),
        ("why", found.reason),
        ("reason code", found.reason_code),
        ("user", found.user_id),
        ("category", found.category),
        ("reference", found.reference),
        ("rule", found.rrule),
        ("start", found.start),
        ("time zone", found.time_zone or f"that of the user, now {found.used_time_zone}"),
        ("occurred", found.occurred),
        *(("next", f"{moment:%a %Y-%m-%d %H:%M %z}") for moment in coming),
        ("only", ", ".join(found.channels or [])),
        ("urgent", "yes" if found.urgent else None),
        ("by", found.caller),
        ("test", "yes" if found.test else None),
        ("email", found.user_email),
        ("phone number", found.user_phone_number),
        *found.addresses.items(),
        ("title", found.title),
        ("message", found.message),
    ]
    return [(name, value) for name, value in facts if value not in (None, "")]
