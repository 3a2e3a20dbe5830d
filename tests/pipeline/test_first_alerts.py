"""The first alert of a search that asked for all that match when it is saved."""

from sqlalchemy import select, update

from property_alert_notification.database import table_of
from property_alert_notification.homes.matching.index import SearchIndex
from property_alert_notification.homes.saved_searches.models import SavedSearch
from property_alert_notification.homes.search_life import queries
from property_alert_notification.homes.search_life.first_alerts import FirstAlerts
from property_alert_notification.notifications.models import Notification
from tests.pipeline.homes import Homes, a_home, up_to
from tests.pipeline.world import World

_SEARCHES = table_of(SavedSearch)


async def set_columns(homes: Homes, number: int, **values: object) -> None:
    async with homes.database.transaction() as connection:
        await connection.execute(update(_SEARCHES).where(_SEARCHES.c.number == number).values(**values))


async def test_a_first_alert_has_all_that_match_now_and_is_made_once(world: World, homes: Homes) -> None:
    for user in (1, 2, 3, 4, 5):
        await world.a_user(user)
    await homes.profile(2, language="es")
    await homes.list(
        *(a_home(key=str(number), ListPrice=400_000 + number) for number in range(1, 23)),
        a_home(key="dear", ListPrice=900_000),
        a_home(key="hidden", InternetEntireListingDisplayYN=False),
        a_home(key="sold", StandardStatus="Closed"),
    )
    many = await homes.search(1, up_to(500_000))
    none = await homes.search(2, up_to(1))
    paused, damaged, unasked = [await homes.search(user, up_to(500_000)) for user in (3, 4, 5)]
    for number in (many, none, paused, damaged):
        await set_columns(homes, number, first_alert_at=homes.clock.now())
    await set_columns(homes, paused, active=False)
    await set_columns(homes, damaged, expression='["nonsense"]')
    first_alerts = FirstAlerts(homes.database, homes.planner, create_index=SearchIndex, wake=lambda: None)

    made = [await first_alerts.make_due() for _ in range(2)]

    assert made == [4, 0]
    table = table_of(Notification)
    async with homes.database.reading() as connection:
        found = await connection.execute(
            select(table.c.user_id, table.c.title, table.c.message).order_by(table.c.user_id)
        )
        [(first, title, message), (second, spanish, _)] = found.all()
        waiting = await queries.due.ids(homes.database, now=homes.clock.now(), limit=10)
    assert (first, title) == (1, "22 homes match your search “Near work”")
    assert message.count("Pinehurst Way NE, $400,0") == 20
    assert "and 2 more" in message
    assert (second, spanish) == (2, "Todavía no hay viviendas para su búsqueda «Near work»")
    assert (waiting, unasked) == ([], 4)
