"""What each user wants to receive, over HTTP."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Request, Response, status
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.ext.asyncio import AsyncConnection

from property_alert_notification.api.access.authenticator import Admission
from property_alert_notification.api.dependencies import ClockDep, DatabaseDep, KeyedRoute, charge, needs
from property_alert_notification.api.idempotency.calls import IdempotencyKey, answer_call
from property_alert_notification.api.idempotency.queries import Answer
from property_alert_notification.api.known_fields import Strict
from property_alert_notification.api.problems import Problem, contents_of, documented
from property_alert_notification.base.clock import Clock
from property_alert_notification.base.errors import PreferenceNotFound, PreferencesExist
from property_alert_notification.base.vocabulary import Scope
from property_alert_notification.base.wording import Truth
from property_alert_notification.people.preferences import queries
from property_alert_notification.people.preferences.models import Preference

_RESPONSES = documented(401, 403, 413, 422, 429, 503)

router = APIRouter(route_class=KeyedRoute, prefix="/preferences", tags=["preferences"], responses=_RESPONSES)
batch_router = APIRouter(
    route_class=KeyedRoute, prefix="/preferences", tags=["preferences"], responses=_RESPONSES | documented(409)
)

UserId = Annotated[int, Path(ge=0, le=2**63 - 1, description="The user, as the User service knows them.")]

_MayRead = Annotated[Admission, needs(Scope.PREFERENCES_READ)]
_MayWrite = Annotated[Admission, needs(Scope.PREFERENCES_WRITE)]


class PreferenceCreate(Strict):
    """What a user wants to receive."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"email_enabled": True, "sms_enabled": True}]})

    email_enabled: Truth
    sms_enabled: Truth


def _without_default(schema: dict[str, Any]) -> None:
    schema.pop("default", None)


class PreferencePatch(Strict):
    """What changes in a user's wishes; a field that is left out stays as it is."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"sms_enabled": False}]})

    # Left out means unchanged, so the schema must not promise a default.
    email_enabled: Annotated[Truth, Field(json_schema_extra=_without_default)] = True
    sms_enabled: Annotated[Truth, Field(json_schema_extra=_without_default)] = True


class PreferenceOfUser(PreferenceCreate):
    """What one user of many wants to receive."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"user_id": 1, "email_enabled": True, "sms_enabled": False}]}
    )

    user_id: Annotated[int, Field(strict=True, ge=0, le=2**63 - 1)]


class PreferenceBatch(Strict):
    """What up to a thousand users want to receive."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"preferences": [{"user_id": 1, "email_enabled": True, "sms_enabled": False}]}]
        },
    )

    preferences: Annotated[list[PreferenceOfUser], Field(min_length=1, max_length=1_000)]


class PreferenceCreated(BaseModel):
    """A user who has preferences from now on."""

    user_id: int
    status: Literal["created"] = "created"


class PreferenceRefused(BaseModel):
    """A user who had some already, and keeps them."""

    user_id: int
    error: Problem


class PreferenceBatchAnswer(BaseModel):
    """One result per user, in the same order."""

    results: list[PreferenceCreated | PreferenceRefused]


class PreferencePublic(BaseModel):
    """A user's wishes as they are now."""

    email_enabled: bool
    sms_enabled: bool


@batch_router.post("/batch/", include_in_schema=False)
@batch_router.post("/batch", response_model=PreferenceBatchAnswer)
async def create_preferences(
    request: Request,
    body: PreferenceBatch,
    admission: _MayWrite,
    clock: ClockDep,
    idempotency_key: IdempotencyKey,
) -> Response:
    """Say for the first time what up to a thousand users want to receive.

    There is one result per user, in the same order; users who had preferences keep them. Each counts as a call of the
    caller's rate.
    """
    admission = await charge(request, admission, items="preferences", count=len(body.preferences))

    async def create(connection: AsyncConnection) -> Answer:
        # The first word of each user counts.
        wanted = {one.user_id: _preference(one.user_id, one, clock) for one in reversed(body.preferences)}
        created = await queries.create(connection, wanted.values(), test=admission.test)
        results = [_result(one.user_id, created) for one in body.preferences]
        return Answer(status.HTTP_200_OK, PreferenceBatchAnswer(results=results).model_dump_json())

    return await answer_call(request, admission, idempotency_key, create, asked=body)


def _result(user_id: int, created: set[int]) -> PreferenceCreated | PreferenceRefused:
    if user_id in created:
        created.remove(user_id)
        return PreferenceCreated(user_id=user_id)
    return PreferenceRefused(user_id=user_id, error=Problem(**contents_of(PreferencesExist(user_id))))


@router.post("/{user_id}/", include_in_schema=False, status_code=status.HTTP_201_CREATED)
@router.post(
    "/{user_id}",
    status_code=status.HTTP_201_CREATED,
    response_model=PreferencePublic,
    responses=documented(400, 409),
)
async def create_preference(
    request: Request,
    user_id: UserId,
    body: PreferenceCreate,
    admission: _MayWrite,
    clock: ClockDep,
    idempotency_key: IdempotencyKey,
) -> Response:
    """Say for the first time what a user wants to receive."""

    async def create(connection: AsyncConnection) -> Answer:
        preference = _preference(user_id, body, clock)
        if not await queries.create(connection, [preference], test=admission.test):
            raise PreferencesExist(user_id)
        return Answer(status.HTTP_201_CREATED, _public(preference).model_dump_json())

    return await answer_call(request, admission, idempotency_key, create, asked=body)


@router.get("/{user_id}/", include_in_schema=False)
@router.get("/{user_id}", responses=documented(404))
async def read_preference(user_id: UserId, admission: _MayRead, database: DatabaseDep) -> PreferencePublic:
    """What a user wants to receive."""
    async with database.reading() as connection:
        return _found(await queries.find(connection, user_id, test=admission.test))


@router.put("/{user_id}/", include_in_schema=False)
@router.put("/{user_id}")
async def put_preference(
    user_id: UserId, body: PreferenceCreate, admission: _MayWrite, database: DatabaseDep, clock: ClockDep
) -> PreferencePublic:
    """Say what a user wants to receive, whether or not they had said it before."""
    preference = _preference(user_id, body, clock)
    async with database.transaction() as connection:
        await queries.put(connection, preference, test=admission.test)
    return _public(preference)


@router.patch("/{user_id}/", include_in_schema=False)
@router.patch("/{user_id}", responses=documented(404))
async def patch_preference(
    user_id: UserId, body: PreferencePatch, admission: _MayWrite, database: DatabaseDep, clock: ClockDep
) -> PreferencePublic:
    """Change some of a user's wishes."""
    changes = body.model_dump(exclude_unset=True)
    async with database.transaction() as connection:
        return _found(await queries.change(connection, user_id, changes, changed_at=clock.now(), test=admission.test))


@router.delete("/{user_id}/", include_in_schema=False, status_code=status.HTTP_204_NO_CONTENT)
@router.delete("/{user_id}", status_code=status.HTTP_204_NO_CONTENT, responses=documented(404))
async def delete_preference(user_id: UserId, admission: _MayWrite, database: DatabaseDep, clock: ClockDep) -> None:
    """Take all consent back: what is not sent yet will not be."""
    async with database.transaction() as connection:
        if not await queries.withdraw(connection, user_id, withdrawn_at=clock.now(), test=admission.test):
            raise PreferenceNotFound


def _preference(user_id: int, body: PreferenceCreate, clock: Clock) -> Preference:
    return Preference(
        user_id=user_id,
        updated_at=clock.now(),
        email_enabled=body.email_enabled,
        sms_enabled=body.sms_enabled,
    )


def _public(preference: Preference | queries.Given) -> PreferencePublic:
    return PreferencePublic(email_enabled=preference.email_enabled, sms_enabled=preference.sms_enabled)


def _found(preference: queries.Given | None) -> PreferencePublic:
    if preference is None:
        raise PreferenceNotFound
    return _public(preference)
