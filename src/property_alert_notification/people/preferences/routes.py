"""Preferences over HTTP."""

from collections.abc import Callable
from typing import Annotated

from fastapi import Depends, Response, status
from sqlalchemy.ext.asyncio import AsyncConnection

from property_alert_notification.api.access.admission import Admission
from property_alert_notification.api.dependencies import ClockDep, DatabaseDep, KeyedRouter, charge, needs
from property_alert_notification.api.idempotency.calls import CallDep
from property_alert_notification.api.idempotency.stored import Answer
from property_alert_notification.api.problems import Problem, contents_of, documented
from property_alert_notification.base.errors import PreferenceNotFound, PreferencesExist
from property_alert_notification.base.vocabulary import Scope
from property_alert_notification.channels.edge import SWITCHES
from property_alert_notification.people.confirmations import ConfirmationsDep
from property_alert_notification.people.consent.fields import ConsentEvidence, EvidenceDep, by_caller
from property_alert_notification.people.dependencies import LedgerDep, UserId
from property_alert_notification.people.preferences import queries
from property_alert_notification.people.preferences.conversion import fields_of
from property_alert_notification.people.preferences.rules import Preferences
from property_alert_notification.people.preferences.schemas import (
    PreferenceBatch,
    PreferenceBatchAnswer,
    PreferenceCreate,
    PreferenceCreated,
    PreferencePatch,
    PreferencePublic,
    PreferenceRefused,
)
from property_alert_notification.people.preferences.service import PreferenceService, damage_named, wanted_by
from property_alert_notification.people.reevaluate import ReevaluateDep

router = KeyedRouter("/preferences", "preferences")
batch_router = KeyedRouter("/preferences", "preferences", 409)

_MayRead = Annotated[Admission, needs(Scope.PREFERENCES_READ)]
_MayWrite = Annotated[Admission, needs(Scope.PREFERENCES_WRITE)]

_Change = Callable[[AsyncConnection, Admission, ConsentEvidence | None], PreferenceService]


async def _change(
    clock: ClockDep, reevaluate: ReevaluateDep, ledger: LedgerDep, confirmations: ConfirmationsDep
) -> _Change:
    def service(
        connection: AsyncConnection, admission: Admission, evidence: ConsentEvidence | None
    ) -> PreferenceService:
        origin = by_caller(admission.actor, evidence)
        return PreferenceService(connection, clock, reevaluate, admission.test, ledger, origin, confirmations)

    return service


ChangeDep = Annotated[_Change, Depends(_change)]
"""Changes preferences in a transaction, for a caller who says this about the user's decision."""


@batch_router.post("/batch", response_model=PreferenceBatchAnswer)
async def create_preferences(
    body: PreferenceBatch,
    admission: _MayWrite,
    change: ChangeDep,
    call: CallDep,
) -> Response:
    """Create the preferences of up to a thousand users.

    There is one result per user, in the same order. Existing preferences stay as they are. Each user counts as one call
    towards the rate of the API key.
    """
    admission = await charge(call.request, admission, items="preferences", count=len(body.preferences))

    async def create(connection: AsyncConnection) -> Answer:
        # If a user appears twice, the first item counts.
        wanted = {
            one.user_id: (wanted_by(one), by_caller(admission.actor, one.consent)) for one in reversed(body.preferences)
        }
        created = set(await change(connection, admission, None).create_all(wanted))
        results = [_result(one.user_id, created) for one in body.preferences]
        return Answer(status.HTTP_200_OK, PreferenceBatchAnswer(results=results).model_dump_json())

    return await call.answer(admission, create, asked=body)


def _result(user_id: int, created: set[int]) -> PreferenceCreated | PreferenceRefused:
    if user_id in created:
        created.remove(user_id)
        return PreferenceCreated(user_id=user_id)
    return PreferenceRefused(user_id=user_id, error=Problem(**contents_of(PreferencesExist(user_id))))


@router.post(
    "/{user_id}",
    status_code=status.HTTP_201_CREATED,
    response_model=PreferencePublic,
    responses=documented(400, 409),
)
async def create_preference(
    user_id: UserId,
    body: PreferenceCreate,
    admission: _MayWrite,
    change: ChangeDep,
    call: CallDep,
) -> Response:
    """Create the preferences of a user."""

    async def create(connection: AsyncConnection) -> Answer:
        created = await change(connection, admission, body.consent).create(user_id, body)
        return Answer(status.HTTP_201_CREATED, _public(created).model_dump_json())

    return await call.answer(admission, create, asked=body)


@router.get("/{user_id}", responses=documented(404, 409))
async def read_preference(user_id: UserId, admission: _MayRead, database: DatabaseDep) -> PreferencePublic:
    """Read the preferences of a user. Fields that are not set are left out. 409 if the stored row is damaged."""
    with damage_named():
        async with database.reading() as connection:
            found = await queries.find(connection, user_id, test=admission.test)
        if found is None:
            raise PreferenceNotFound
        return _public(found)


@router.put("/{user_id}")
async def put_preference(
    user_id: UserId,
    body: PreferenceCreate,
    admission: _MayWrite,
    database: DatabaseDep,
    change: ChangeDep,
) -> PreferencePublic:
    """Create or replace the preferences of a user."""
    async with database.transaction() as connection:
        replaced = await change(connection, admission, body.consent).put(user_id, body)
    return _public(replaced)


@router.patch("/{user_id}", responses=documented(404, 409))
async def patch_preference(
    user_id: UserId,
    body: PreferencePatch,
    admission: _MayWrite,
    database: DatabaseDep,
    change: ChangeDep,
) -> PreferencePublic:
    """Change some of a user's preferences by RFC 7396: objects are merged, and a field that is null is removed.

    A field that is left out stays as it is, at every level of an object. `quiet_hours` is a list and is replaced as a
    whole. 409 if the stored row is damaged: PUT replaces it.
    """
    async with database.transaction() as connection:
        changed = await change(connection, admission, body.consent).patch(user_id, lambda _: body)
        with damage_named():
            answer = _public(changed)
    return answer


@router.delete("/{user_id}", status_code=status.HTTP_204_NO_CONTENT, responses=documented(404))
async def delete_preference(
    user_id: UserId,
    admission: _MayWrite,
    database: DatabaseDep,
    change: ChangeDep,
    consent: EvidenceDep,
) -> None:
    """Delete the preferences of a user, which withdraws all consent: unsent messages are suppressed."""
    async with database.transaction() as connection:
        await change(connection, admission, consent).withdraw(user_id)


def _public(preferences: Preferences) -> PreferencePublic:
    return PreferencePublic(**SWITCHES.shown(preferences.switches), **fields_of(preferences.rules))
