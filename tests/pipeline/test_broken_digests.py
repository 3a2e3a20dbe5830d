"""Broken rows of digests harm no other digest: broken items are quarantined, broken windows are dissolved."""

from datetime import timedelta
from uuid import UUID

from chaos.broken_rows import NO_ID, run
from property_alert_notification.base.vocabulary import Frequency
from tests.pipeline.test_broken_rows import broken_world
from tests.pipeline.test_digests import a_user, accept, states, their_time_comes
from tests.pipeline.world import World, eventually

__all__ = ["broken_world"]

_NO_TEXT = "CAST(x'fffe41' AS TEXT)"
_HARMLESS = "sent"
_BROKEN_ITEMS = {
    "sqlite": {
        "deliveries": {
            "address = x'00ff'": "quarantined",
            f"address = {_NO_TEXT}": "quarantined",
            "urgent = 'yes'": _HARMLESS,
        },
        "notifications": {
            "title = x'ff'": "quarantined",
            f"title = {_NO_TEXT}": "quarantined",
            "message = x'ff00'": "quarantined",
            f"message = {_NO_TEXT}": "quarantined",
            "expires_at = 'tomorrow'": "quarantined",
            "expires_at = 1764000000": "quarantined",
            "caller = x'ff'": "quarantined",
            f"caller = {_NO_TEXT}": "quarantined",
        },
    },
    "postgresql": {
        "deliveries": {"attempts = 32767, reason_code = 'lost', reason_parameters = '{'": _HARMLESS},
        "notifications": {"expires_at = 'infinity'": _HARMLESS, "expires_at = '-infinity'": "expired"},
    },
}
"""Columns of an item, with values that are none, and what becomes of the item."""


async def test_a_broken_item_is_quarantined_and_its_neighbours_are_in_their_digests(
    broken_world: tuple[World, str],
) -> None:
    world, store = broken_world
    broken: dict[str, tuple[UUID, str]] = {}
    neighbours: list[UUID] = []
    user_id = 0
    for table, values in _BROKEN_ITEMS[store].items():
        for value, end in values.items():
            user_id += 2
            await a_user(world, Frequency.DAILY, user_id)
            first, item, last = await accept(world, 3, user_id)
            await a_user(world, Frequency.DAILY, user_id + 1)
            [alone] = await accept(world, 1, user_id + 1)
            for one in (item, alone):
                await _write(world, table, one, value)
            broken |= {f"{table}: {value}": (item, end), f"{table}: {value}, alone": (alone, end)}
            neighbours += [first, last]
    await their_time_comes(world)

    await world.a_worker()
    for neighbour in neighbours:
        await world.until(neighbour, "sent")

    async def ended() -> bool:
        return {name: (await states(world, [item]))[0] for name, (item, _) in broken.items()} == {
            name: end for name, (_, end) in broken.items()
        }

    await eventually(ended)
    assert world.workers[0].supervisor.problems == {}


_BROKEN_WINDOWS = {
    "sqlite": {
        "channel = 'fax'": "collected",
        "channel = x'ff'": "collected",
        "category = x'ff'": "collected",
        f"category = {_NO_TEXT}": "collected",
        "user_id = 'ada'": "collected",
        "test = 'perhaps'": "sent",
        "closes_at = 'once'": "collected",
        "closed_at = 'once'": "collected",
        f"digest_id = '{NO_ID}'": "collected",
        "items = 'many'": "sent",
        "due_at = 'tomorrow'": "collected",
        f"id = '{NO_ID}'": "collected",
    },
    "postgresql": {
        "channel = 'fax'": "collected",
        "closes_at = '-infinity'": "sent",
        "closes_at = 'infinity'": "collected",
        "due_at = '-infinity'": "sent",
        "due_at = 'infinity'": "collected",
    },
}
"""Columns of a window, with values that are none, and what becomes of its item: collected is for the next digest."""


async def test_what_a_broken_window_had_collected_is_in_the_next_digest_and_other_windows_are_closed(
    broken_world: tuple[World, str],
) -> None:
    world, store = broken_world
    kinds = _BROKEN_WINDOWS[store]
    items: dict[str, UUID] = {}
    neighbours: list[UUID] = []
    for user_id, values in enumerate(kinds, start=1):
        await a_user(world, Frequency.DAILY, user_id)
        [items[values]] = await accept(world, 1, user_id)
        await a_user(world, Frequency.DAILY, 100 + user_id)
        neighbours += await accept(world, 1, 100 + user_id)
    await their_time_comes(world)
    for user_id, values in enumerate(kinds, start=1):
        await run(world.settings.database_url, [f"UPDATE digest_windows SET {values} WHERE user_id = {user_id}"])

    await world.a_worker()
    for neighbour in neighbours:
        await world.until(neighbour, "sent")

    wrong = {values: state for values, state in kinds.items() if not await _was_decided(world, items[values], state)}
    assert wrong == {}
    await their_time_comes(world)
    for item in items.values():
        await world.until(item, "sent")
    assert world.workers[0].supervisor.problems == {}


async def _was_decided(world: World, item: UUID, state: str) -> bool:
    """Whether a worker decided about an item, so that it is in this state."""
    accepted_at = (await world.detail(item)).accepted_at

    async def is_so() -> bool:
        delivery = await world.delivery(item)
        return delivery.state == state and delivery.changed_at - accepted_at > timedelta(milliseconds=1)

    try:
        return await eventually(is_so)
    except TimeoutError:
        return False


async def _write(world: World, table: str, notification: UUID, values: str) -> None:
    url = world.settings.database_url
    id_ = notification.hex if url.startswith("sqlite") else str(notification)
    column = "notification_id" if table == "deliveries" else "id"
    await run(url, [f"UPDATE {table} SET {values} WHERE {column} = '{id_}'"])
