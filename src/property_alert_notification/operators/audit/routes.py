"""The audit record over HTTP."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import Query
from pydantic import BaseModel, ConfigDict

from property_alert_notification.api.access import queries
from property_alert_notification.api.dependencies import DatabaseDep, KeyedRouter, Operator
from property_alert_notification.api.paging import page_of

router = KeyedRouter("/audit", "administration")


class Change(BaseModel):
    """One administrative change."""

    model_config = ConfigDict(use_attribute_docstrings=True, from_attributes=True)

    id: UUID
    at: datetime
    actor: str
    """The author: `cli:` and a user of the machine, or a caller with the kind and the first characters of the key."""
    action: str
    subject: str
    """The object of the change; for an API key, the name of its caller."""
    details: dict[str, Any]


class Changes(BaseModel):
    """A page of administrative changes, the newest first."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    items: list[Change]
    next: UUID | None
    """The `before` of the next page; null if this is the last page."""


@router.get("")
async def list_changes(
    database: DatabaseDep,
    admission: Operator,
    limit: Annotated[int, Query(ge=1, le=100, description="The maximum number of changes.")] = 20,
    before: Annotated[UUID | None, Query(description="Only older changes: the `next` of the previous page.")] = None,
) -> Changes:
    """List administrative changes, the newest first.

    A test key gets changes of test keys and tests, a live key all other changes.
    """
    async with database.reading() as connection:
        found = await queries.changes(connection, before=before, limit=limit + 1, test=admission.visible.test)
    page, below = page_of(found, limit)
    return Changes(items=[Change.model_validate(entry) for entry in page], next=below)
