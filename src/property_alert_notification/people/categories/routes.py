"""Categories over HTTP: list them, read one, define one, delete a definition."""

from collections.abc import Mapping
from contextlib import suppress
from http import HTTPStatus
from typing import Annotated, Literal, cast

from fastapi import Depends, Path, Request
from pydantic import BaseModel, ConfigDict
from sqlalchemy.ext.asyncio import AsyncConnection

from property_alert_notification.api.dependencies import ClockDep, DatabaseDep, KeyedRouter, LiveOperator, needs
from property_alert_notification.api.known_fields import Answered
from property_alert_notification.api.problems import documented
from property_alert_notification.base.errors import NotFound, StoreUnavailable
from property_alert_notification.base.vocabulary import CATEGORY, CategoryKind, Channel, Frequency, Scope
from property_alert_notification.people.categories import queries
from property_alert_notification.people.categories.cache import CategoryCache, read
from property_alert_notification.people.categories.definition import CategoryDefinition, Duration, values_of
from property_alert_notification.people.categories.rules import BUILT_IN, Category, OnUnknown
from property_alert_notification.people.categories.service import CategoryService

router = KeyedRouter("/categories", "preferences")


async def _cache(request: Request) -> CategoryCache:
    return cast(CategoryCache, request.app.state.categories)


Name = Annotated[
    str, Path(pattern=f"^{CATEGORY}$", description="The name of a category: small letters, digits, `-` and `_`.")
]
CacheDep = Annotated[CategoryCache, Depends(_cache)]


class CategoryPublic(Answered):
    """The properties of all messages of one category."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    name: str
    kind: CategoryKind
    required: bool
    """Users cannot refuse a required category, but can switch the channel off."""
    default: dict[Channel, Frequency]
    """The frequency by channel for users without a preference for the category; `asap` for a channel that is left
    out."""
    message_ttl: Duration | None
    """How long after its acceptance, or after its `send_at`, a message may be sent. Null means the setting
    `MESSAGE_TTL`."""
    on_unknown: OnUnknown | None
    """What the worker does if it is unknown whether a provider took a message. Null means `resend`."""
    confirm_opt_in: bool
    """Users confirm each opt-in; until then they receive nothing of the category on the channel."""
    defined_by: Literal["service", "file", "api"]
    """Where the category is defined: `service` (built in), `file` (`CATEGORIES_FILE`) or `api` (a `PUT`, which replaces
    the other two)."""


class Categories(BaseModel):
    """All categories."""

    items: list[CategoryPublic]


@router.get("", dependencies=[needs(Scope.PREFERENCES_READ)])
async def list_categories(database: DatabaseDep, cache: CacheDep) -> Categories:
    """List all categories by name. A category that is not defined behaves like `general`."""
    async with database.reading() as connection:
        found = await _all(connection, cache.configured)
    return Categories(items=[found[name] for name in sorted(found)])


@router.get("/{name}", dependencies=[needs(Scope.PREFERENCES_READ)], responses=documented(404))
async def read_category(name: Name, database: DatabaseDep, cache: CacheDep) -> CategoryPublic:
    """The properties of all messages of one category."""
    async with database.reading() as connection:
        return await _one(connection, name, cache.configured)


@router.put("/{name}", responses=documented(409))
async def put_category(
    name: Name,
    body: CategoryDefinition,
    database: DatabaseDep,
    clock: ClockDep,
    cache: CacheDep,
    admission: LiveOperator,
) -> CategoryPublic:
    """Define a category. It replaces an earlier definition, and the built-in category of that name.

    Every process applies it within two seconds. It applies to waiting deliveries, too.
    """
    async with database.transaction() as connection:
        await CategoryService(connection, clock, admission.actor, cache.configured).define(name, body)
    await _reload(cache)
    return _public(body.named(name), "api")


@router.delete("/{name}", status_code=HTTPStatus.NO_CONTENT, responses=documented(404))
async def delete_category(
    name: Name, database: DatabaseDep, clock: ClockDep, cache: CacheDep, admission: LiveOperator
) -> None:
    """Delete a definition. The definition in `CATEGORIES_FILE`, or the built-in one, applies again."""
    async with database.transaction() as connection:
        await CategoryService(connection, clock, admission.actor, cache.configured).reset(name)
    await _reload(cache)


async def _reload(cache: CategoryCache) -> None:
    """Read the change into this process's cache at once. If the store does not answer, the next poll reads it."""
    with suppress(StoreUnavailable):
        await cache.reload()


async def _one(connection: AsyncConnection, name: str, configured: Mapping[str, Category]) -> CategoryPublic:
    if (found := (await _all(connection, configured)).get(name)) is None:
        raise NotFound(f"There is no category {name}.")
    return found


async def _all(connection: AsyncConnection, configured: Mapping[str, Category]) -> dict[str, CategoryPublic]:
    """All categories by name, read from the store: another process may have changed one since the last poll."""
    found = {
        name: _public(category, "service" if category is BUILT_IN.get(name) else "file")
        for name, category in configured.items()
    }
    return found | {name: _public(one, "api") for name, one in read(await queries.every(connection)).items()}


def _public(category: Category, defined_by: Literal["service", "file", "api"]) -> CategoryPublic:
    return CategoryPublic(name=category.name, defined_by=defined_by, **values_of(category))
