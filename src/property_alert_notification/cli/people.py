"""Reads the data that commands about one person need: the person, the categories and the current time."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from property_alert_notification.base.errors import NotFound

if TYPE_CHECKING:
    from property_alert_notification.base.vocabulary import Channel
    from property_alert_notification.people.caps.rules import Use
    from property_alert_notification.people.categories.rules import Categories, Category
    from property_alert_notification.people.person import Person

OfTests = Annotated[
    bool, typer.Option("--test", help="Use the preferences set with test keys, which apply to test notifications only.")
]


@dataclass(frozen=True, slots=True)
class Known:
    """A person and everything else that a decision depends on."""

    person: "Person"
    categories: "Categories"
    defined: "Mapping[str, Category]"
    """The categories by name."""
    unused: "Collection[Channel]"
    """Channels that no provider carries."""
    now: datetime
    uses: "Mapping[Channel, Sequence[Use]]"
    """By channel, what counts into the person's cap."""


async def known_of(user_id: int, *, test: bool) -> Known:
    """Read a user and the categories from the store that the settings name.

    Raises:
        NotFound: the user has no preferences, and there are no default ones.
    """
    from property_alert_notification.base.vocabulary import Channel
    from property_alert_notification.channels.registry import unused
    from property_alert_notification.cli.store import reading
    from property_alert_notification.people.categories import queries
    from property_alert_notification.people.categories.cache import read
    from property_alert_notification.people.categories.category_file import configured_categories
    from property_alert_notification.people.categories.rules import Categories
    from property_alert_notification.people.effective.look_up import cap_uses_of, person_of
    from property_alert_notification.people.hours import current
    from property_alert_notification.people.hours.windows_file import configured_windows
    from property_alert_notification.people.suppressions.subjects import Subjects
    from property_alert_notification.preflight import load_settings
    from property_alert_notification.wiring import default_preferences

    settings = load_settings()
    current.use(configured_windows(settings.legal_windows_file), settings.default_time_zone)
    configured = configured_categories(settings.categories_file)
    async with reading(settings.database_url) as database, database.reading() as connection:
        person = await person_of(
            connection,
            user_id,
            test=test,
            default=default_preferences(settings),
            subjects=Subjects(settings.secrets),
        )
        if person is None:
            raise NotFound(
                f"User {user_id} has no preferences, and DEFAULT_PREFERENCES is not set. "
                f"Set them by PUT /api/v1/preferences/{user_id}"
            )
        defined = {**configured, **read(await queries.every(connection))}
        uses = {one: await cap_uses_of(connection, user_id, person, one, test=test) for one in Channel}
        return Known(person, Categories(defined), defined, unused(settings), database.clock.now(), uses)
