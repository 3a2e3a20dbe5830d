"""`GET /preferences/{user_id}/effective`: the decision about a message to a user, and its reason."""

from collections.abc import Collection
from typing import Annotated, cast

from fastapi import Depends, Query, Request

from property_alert_notification.api.access.admission import Admission
from property_alert_notification.api.dependencies import ClockDep, DatabaseDep, KeyedRouter, needs
from property_alert_notification.base.errors import PreferenceNotFound
from property_alert_notification.base.times import Moment
from property_alert_notification.base.vocabulary import CATEGORY, Channel, Scope
from property_alert_notification.people.categories.routes import CacheDep
from property_alert_notification.people.categories.rules import GENERAL
from property_alert_notification.people.decide import Message
from property_alert_notification.people.dependencies import SubjectsDep, UserId
from property_alert_notification.people.effective.answer import EffectiveDecision, answer
from property_alert_notification.people.effective.look_up import cap_uses_of, person_of
from property_alert_notification.people.preferences.rules import Preferences

router = KeyedRouter("/preferences", "preferences", 404)


async def _default_preferences(request: Request) -> Preferences | None:
    return cast(Preferences | None, request.app.state.default_preferences)


async def _unused(request: Request) -> Collection[Channel]:
    return cast(Collection[Channel], request.app.state.unused_channels)


DefaultPreferencesDep = Annotated[Preferences | None, Depends(_default_preferences)]
"""The preferences of users without any."""
UnusedDep = Annotated[Collection[Channel], Depends(_unused)]
"""The channels that no provider carries."""


@router.get("/{user_id}/effective")
async def read_effective_preference(
    user_id: UserId,
    admission: Annotated[Admission, needs(Scope.PREFERENCES_READ)],
    database: DatabaseDep,
    clock: ClockDep,
    cache: CacheDep,
    default: DefaultPreferencesDep,
    subjects: SubjectsDep,
    unused: UnusedDep,
    channel: Annotated[Channel, Query(description="The channel of the message.")],
    category: Annotated[str, Query(pattern=f"^{CATEGORY}$", description="The category of the message.")] = GENERAL,
    at: Annotated[
        Moment | None,
        Query(description="The moment at which the message is due, in the future or the past. Default: now."),
    ] = None,
    urgent: Annotated[bool, Query(description="Whether the message is urgent.")] = False,
) -> EffectiveDecision:
    """Explain the decision about a message to a user at a moment, and the rule that decides it.

    Nothing is sent or stored. The decision uses the current suppression list, preferences, profile, categories and
    counts of caps, as for a notification. The list is searched for the user and for the addresses of the profile. The
    decision does not consider pauses and the state of providers, which do not depend on the user.
    """
    async with database.reading() as connection:
        person = await person_of(connection, user_id, test=admission.test, default=default, subjects=subjects)
        if person is None:
            raise PreferenceNotFound
        uses = await cap_uses_of(connection, user_id, person, channel, test=admission.test)
    message = Message(channel, cache.current().of(category), urgent=urgent)
    return answer(message, person, at or clock.now(), uses, is_used=channel not in unused)
