"""The suppression list over HTTP."""

import asyncio
import io
from collections.abc import AsyncIterator
from contextlib import aclosing
from http import HTTPStatus
from typing import Annotated
from uuid import UUID

from fastapi import Path, Query, Request, Response
from fastapi.responses import StreamingResponse
from sqlalchemy.ext.asyncio import AsyncConnection

from property_alert_notification.api.access.admission import Admission
from property_alert_notification.api.dependencies import ClockDep, DatabaseDep, KeyedRouter, needs
from property_alert_notification.api.document.suppression_examples import CSV
from property_alert_notification.api.idempotency.calls import CallDep
from property_alert_notification.api.idempotency.stored import Answer
from property_alert_notification.api.paging import next_cursor, page_of, start_of
from property_alert_notification.api.problems import documented
from property_alert_notification.base.csv_text import lines_of
from property_alert_notification.base.errors import InvalidField
from property_alert_notification.base.vocabulary import Channel, Scope
from property_alert_notification.channels.address_rules import AddressRules
from property_alert_notification.database import Database
from property_alert_notification.people.consent.fields import EvidenceDep, by_caller
from property_alert_notification.people.consent.rules import ConsentOrigin, ConsentSource
from property_alert_notification.people.dependencies import AddressRulesDep, SubjectsDep
from property_alert_notification.people.suppressions import csv_file, queries
from property_alert_notification.people.suppressions.csv_file import NotImported
from property_alert_notification.people.suppressions.entry import NewEntry
from property_alert_notification.people.suppressions.models import StoredSuppression
from property_alert_notification.people.suppressions.schemas import (
    ImportResult,
    RefusedLine,
    SuppressionCreate,
    SuppressionPage,
    SuppressionPublic,
    SuppressionQuery,
)
from property_alert_notification.people.suppressions.service import SuppressionService

router = KeyedRouter("/suppressions", "users")

MOST_LINES = 10_000
"""Of a CSV file that one call imports; `property-alerts suppressions import` has no limit."""
_SHOWN_PROBLEMS = 100

# A test key must change nothing of what real people receive.
_MayRead = Annotated[Admission, needs(Scope.USERS_READ, live_only=True)]
_MayWrite = Annotated[Admission, needs(Scope.USERS_WRITE, live_only=True)]


@router.get("")
async def list_suppressions(
    query: Annotated[SuppressionQuery, Query()],
    _: _MayRead,
    database: DatabaseDep,
    rules: AddressRulesDep,
    subjects: SubjectsDep,
) -> SuppressionPage:
    """List entries, the newest first; with an address or a user only entries about that subject."""
    address = query.address
    if query.channel is not None and address is not None:
        address = _stored(query.channel, address, rules, place="query")
    wanted = subjects.of(query.channel, address, query.user_id)
    below = start_of(query.cursor)
    async with database.reading() as connection:
        found = await queries.page(connection, subjects=wanted, reason=query.reason, below=below, limit=query.limit + 1)
    page, below = page_of(found, query.limit)
    return SuppressionPage(items=[_public(one) for one in page], next=next_cursor(below))


@router.post("", status_code=HTTPStatus.CREATED, response_model=SuppressionPublic, responses=documented(409))
async def add_suppression(
    body: SuppressionCreate,
    admission: _MayWrite,
    clock: ClockDep,
    rules: AddressRulesDep,
    subjects: SubjectsDep,
    call: CallDep,
) -> Response:
    """Add an address or a user. After the answer no message that the entry stops is claimed.

    The same entry is never on the list twice: the answer then shows the one that was there, with the wider scope and
    the later expiry of both.
    """
    fields = body.model_dump(exclude={"consent"})
    origin = by_caller(admission.actor, body.consent)
    if body.channel is not None and body.address is not None:
        fields["address"] = _stored(body.channel, body.address, rules)

    async def add(connection: AsyncConnection) -> Answer:
        entry = await SuppressionService(connection, clock, origin, subjects).add(NewEntry(**fields))
        return Answer(HTTPStatus.CREATED, _public(entry).model_dump_json())

    return await call.answer(admission, add, asked=body)


@router.delete("/{suppression_id}", status_code=HTTPStatus.NO_CONTENT, responses=documented(404))
async def release_suppression(
    suppression_id: Annotated[UUID, Path(description="The entry.")],
    admission: _MayWrite,
    database: DatabaseDep,
    clock: ClockDep,
    subjects: SubjectsDep,
    consent: EvidenceDep,
) -> None:
    """Delete an entry; the audit record names the author. Messages that were suppressed before are not sent."""
    async with database.transaction() as connection:
        origin = by_caller(admission.actor, consent)
        await SuppressionService(connection, clock, origin, subjects).release(suppression_id)


_FILE = {"schema": {"type": "string", "format": "csv", "examples": [CSV]}}


@router.post(
    "/import",
    response_model=ImportResult,
    responses=documented(409),
    openapi_extra={"requestBody": {"required": True, "content": {"text/csv": _FILE}}},
)
async def import_suppressions(
    request: Request,
    admission: _MayWrite,
    clock: ClockDep,
    rules: AddressRulesDep,
    subjects: SubjectsDep,
    call: CallDep,
) -> Response:
    """Add the entries of a CSV file with up to 10,000 lines. Invalid lines are refused one by one.

    Its first line names the columns: `channel` and `address`, or `user_id`, or `subject` and `about` of an export; and,
    if you like, `reason` (`imported` when it is left out), `scope`, `category`, `note` and `expires_at`.
    """
    # Parsing ten thousand addresses may take long, and other callers must not wait for it.
    entries, refused = await asyncio.to_thread(_read, await request.body(), rules)

    async def load(connection: AsyncConnection) -> Answer:
        origin = ConsentOrigin(ConsentSource.IMPORT, admission.actor)
        await SuppressionService(connection, clock, origin, subjects).load(entries)
        problems = [RefusedLine(line=one.line, problem=one.problem) for one in refused[:_SHOWN_PROBLEMS]]
        result = ImportResult(imported=len(entries), refused=len(refused), problems=problems)
        return Answer(HTTPStatus.OK, result.model_dump_json())

    return await call.answer(admission, load)


def _read(body: bytes, rules: AddressRules) -> tuple[list[NewEntry], list[NotImported]]:
    """Parse a file; returns its entries and its invalid lines.

    Raises:
        InvalidField: it is no such file.
    """
    lines = io.StringIO(body.decode("utf-8", errors="replace"), newline="").readlines()
    if len(lines) > MOST_LINES + 1:
        raise InvalidField("file", f"has more than {MOST_LINES:,} lines: send it in parts")
    found = list(csv_file.read(lines, rules.normalise))
    return [one for one in found if isinstance(one, NewEntry)], [one for one in found if isinstance(one, NotImported)]


@router.get("/export", response_class=StreamingResponse, responses={200: {"content": {"text/csv": _FILE}}})
async def export_suppressions(_: _MayRead, database: DatabaseDep) -> StreamingResponse:
    """Export all entries as a CSV file, the newest first, with a hash of each subject."""
    return StreamingResponse(_export(database), media_type="text/csv; charset=utf-8")


async def _export(database: Database) -> AsyncIterator[str]:
    yield lines_of([list(csv_file.COLUMNS)])
    async with aclosing(queries.pages(database)) as found:
        async for page in found:
            yield lines_of([csv_file.line_of(entry) for entry in page])


def _stored(channel: Channel, address: str, rules: AddressRules, *, place: str = "body") -> str:
    """Bring an address into the form that is stored with deliveries.

    Raises:
        InvalidField: it is no address of the channel.
    """
    try:
        return rules.normalise(channel, address)
    except InvalidField as fault:
        raise InvalidField("address", fault.problem, place=place) from None


def _public(entry: StoredSuppression) -> SuppressionPublic:
    fields = entry.model_dump(exclude={"subject", "reason_code"})
    optional = {"channel": entry.channel or None, "category": entry.category or None}
    return SuppressionPublic(**{**fields, "reason": entry.reason_code, **optional})
