"""Defining categories, each change with an entry in the audit record."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from property_alert_notification.api.access import queries as access
from property_alert_notification.base.clock import Clock
from property_alert_notification.base.errors import Conflict, NotFound
from property_alert_notification.people.categories import queries
from property_alert_notification.people.categories.definition import CategoryDefinition
from property_alert_notification.people.categories.models import StoredCategory
from property_alert_notification.people.categories.rules import Category

MOST = 500
"""How many categories can be defined by API: every process reads all of them once a second."""


@dataclass(frozen=True, slots=True)
class CategoryService:
    """The operations of one operator; `actor` is their name in the audit record."""

    connection: AsyncConnection
    """The connection of the transaction that stores the change."""
    clock: Clock
    actor: str
    configured: Mapping[str, Category]
    """The built-in categories and those of the file."""

    async def define(self, name: str, definition: CategoryDefinition) -> None:
        """Define a category; this replaces its earlier definition as a whole.

        Raises:
            Conflict: `MAX_CATEGORIES` are defined already.
        """
        if await queries.count_others(self.connection, name) >= MOST:
            raise Conflict(f"There are {MOST} categories already. Delete one that is no longer needed.")
        stored = StoredCategory(
            name=name,
            definition=definition.model_dump_json(exclude_defaults=True),
            changed_at=self.clock.now(),
            changed_by=self.actor,
        )
        await queries.put(self.connection, stored)
        await self._record("category.defined", name, **definition.model_dump(mode="json", exclude_defaults=True))

    async def reset(self, name: str) -> None:
        """Delete the definition by API: the one of the file, or the built-in one, applies again.

        Raises:
            NotFound: there is no category of this name.
        """
        if await queries.remove(self.connection, name):
            await self._record("category.reset", name)
        elif name not in self.configured:
            raise NotFound(f"There is no category {name}.")

    async def _record(self, action: str, name: str, **details: Any) -> None:
        await access.record(self.connection, self.clock, actor=self.actor, action=action, subject=name, **details)
