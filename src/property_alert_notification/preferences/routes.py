"""What each user wants to receive, over HTTP."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, status
from pydantic import BaseModel, ConfigDict, Field

from property_alert_notification.clock import Clock
from property_alert_notification.dependencies import ClockDep, DatabaseDep, needs
from property_alert_notification.errors import NotFound, PreferencesExist
from property_alert_notification.preferences import queries
from property_alert_notification.preferences.models import Preference
from property_alert_notification.problems import documented
from property_alert_notification.vocabulary import Scope

router = APIRouter(prefix="/preferences", tags=["preferences"], responses=documented(401, 403, 413, 422, 429, 503))

UserId = Annotated[int, Path(ge=0, le=2**63 - 1, description="The user, as the User service knows them.")]

_MAY_READ, _MAY_WRITE = [needs(Scope.PREFERENCES_READ)], [needs(Scope.PREFERENCES_WRITE)]


class PreferenceCreate(BaseModel):
    """What a user wants to receive."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"email_enabled": True, "sms_enabled": True}]}
    )

    email_enabled: bool
    sms_enabled: bool


def _without_default(schema: dict[str, Any]) -> None:
    schema.pop("default", None)


class PreferencePatch(BaseModel):
    """What changes in a user's wishes; a field that is left out stays as it is."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"sms_enabled": False}]})

    # Left out means unchanged, so the schema must not promise a default.
    email_enabled: Annotated[bool, Field(json_schema_extra=_without_default)] = True
    sms_enabled: Annotated[bool, Field(json_schema_extra=_without_default)] = True


class PreferencePublic(BaseModel):
    """A user's wishes as they are now."""

    email_enabled: bool
    sms_enabled: bool


@router.post("/{user_id}/", include_in_schema=False, status_code=status.HTTP_201_CREATED, dependencies=_MAY_WRITE)
@router.post("/{user_id}", status_code=status.HTTP_201_CREATED, responses=documented(400), dependencies=_MAY_WRITE)
async def create_preference(
    user_id: UserId, body: PreferenceCreate, database: DatabaseDep, clock: ClockDep
) -> PreferencePublic:
    """Say for the first time what a user wants to receive."""
    preference = _preference(user_id, body, clock)
    async with database.transaction() as connection:
        if not await queries.create(connection, preference):
            raise PreferencesExist(user_id)
    return _public(preference)


@router.get("/{user_id}/", include_in_schema=False, dependencies=_MAY_READ)
@router.get("/{user_id}", responses=documented(404), dependencies=_MAY_READ)
async def read_preference(user_id: UserId, database: DatabaseDep) -> PreferencePublic:
    """What a user wants to receive."""
    async with database.reading() as connection:
        return _found(await queries.find(connection, user_id))


@router.put("/{user_id}/", include_in_schema=False, dependencies=_MAY_WRITE)
@router.put("/{user_id}", dependencies=_MAY_WRITE)
async def put_preference(
    user_id: UserId, body: PreferenceCreate, database: DatabaseDep, clock: ClockDep
) -> PreferencePublic:
    """Say what a user wants to receive, whether or not they had said it before."""
    preference = _preference(user_id, body, clock)
    async with database.transaction() as connection:
        await queries.put(connection, preference)
    return _public(preference)


@router.patch("/{user_id}/", include_in_schema=False, dependencies=_MAY_WRITE)
@router.patch("/{user_id}", responses=documented(404), dependencies=_MAY_WRITE)
async def patch_preference(
    user_id: UserId, body: PreferencePatch, database: DatabaseDep, clock: ClockDep
) -> PreferencePublic:
    """Change some of a user's wishes."""
    changes = body.model_dump(exclude_unset=True)
    async with database.transaction() as connection:
        return _found(await queries.change(connection, user_id, changes, changed_at=clock.now()))


@router.delete("/{user_id}/", include_in_schema=False, status_code=status.HTTP_204_NO_CONTENT, dependencies=_MAY_WRITE)
@router.delete("/{user_id}", status_code=status.HTTP_204_NO_CONTENT, responses=documented(404), dependencies=_MAY_WRITE)
async def delete_preference(user_id: UserId, database: DatabaseDep) -> None:
    """Take all consent back: what is not sent yet will not be."""
    async with database.transaction() as connection:
        if not await queries.remove(connection, user_id):
            raise NotFound("Preference not found")


def _preference(user_id: int, body: PreferenceCreate, clock: Clock) -> Preference:
    return Preference(user_id=user_id, updated_at=clock.now(), **body.model_dump())


def _public(preference: Preference) -> PreferencePublic:
    return PreferencePublic(**preference.model_dump(include={"email_enabled", "sms_enabled"}))


def _found(preference: Preference | None) -> PreferencePublic:
    if preference is None:
        raise NotFound("Preference not found")
    return _public(preference)
