"""Consent records over HTTP."""

from typing import Annotated

from fastapi import Query
from fastapi.responses import StreamingResponse

from property_alert_notification.api.dependencies import DatabaseDep, KeyedRouter, needs
from property_alert_notification.api.document.consent_examples import CSV
from property_alert_notification.api.paging import next_cursor, page_of, start_of
from property_alert_notification.base.vocabulary import Scope
from property_alert_notification.people.consent import queries
from property_alert_notification.people.consent.export import ExportFormat, export
from property_alert_notification.people.consent.look_up import AddressesOfDep, subjects_of
from property_alert_notification.people.consent.schemas import ConsentPage, ConsentQuery, public
from property_alert_notification.people.dependencies import SubjectsDep, UserId

router = KeyedRouter("/users/{user_id}/consents", "users")

# A test key must learn nothing about a real person.
_MAY_READ = needs(Scope.USERS_READ, live_only=True)
_TYPES = {ExportFormat.CSV: "text/csv; charset=utf-8", ExportFormat.NDJSON: "application/x-ndjson"}
_FILE = {"text/csv": {"schema": {"type": "string", "format": "csv", "examples": [CSV]}}}


@router.get("", dependencies=[_MAY_READ])
async def list_consents(
    user_id: UserId,
    query: Annotated[ConsentQuery, Query()],
    database: DatabaseDep,
    subjects: SubjectsDep,
    addresses_of: AddressesOfDep,
) -> ConsentPage:
    """List what a user opted in to and out of, the newest record first.

    Records about the addresses in the user's profile, and about those of the user's stored notifications, are included.
    What test keys change is not recorded.
    """
    below = start_of(query.cursor)
    async with database.reading() as connection:
        about = await subjects_of(connection, user_id, subjects, addresses_of)
        found = await queries.page(
            connection, about, channel=query.channel, category=query.category, below=below, limit=query.limit + 1
        )
    page, below = page_of(found, query.limit)
    return ConsentPage(items=[public(one) for one in page], next=next_cursor(below))


@router.get(
    "/export",
    response_class=StreamingResponse,
    responses={200: {"content": {**_FILE, "application/x-ndjson": {"schema": {"type": "string"}}}}},
    dependencies=[_MAY_READ],
)
async def export_consents(
    user_id: UserId,
    database: DatabaseDep,
    subjects: SubjectsDep,
    addresses_of: AddressesOfDep,
    form: Annotated[
        ExportFormat, Query(alias="format", description="A CSV file, or one JSON object per line.")
    ] = ExportFormat.CSV,
) -> StreamingResponse:
    """Export all consent records of a user, the newest first."""
    async with database.reading() as connection:
        about = await subjects_of(connection, user_id, subjects, addresses_of)
    return StreamingResponse(export(database, about, form), media_type=_TYPES[form])
