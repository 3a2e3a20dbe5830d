"""Schedules whose row in the store is damaged: each is shown as far as it can, says so, and can be deleted."""

from pathlib import Path
from typing import Any

import httpx2

from chaos.broken_rows import run
from tests.api.conftest import PREFERENCES
from tests.api.test_schedules import SCHEDULES, create

_NO_TEXT = "CAST(x'fffe41' AS TEXT)"
_OF_ANY_STORE = [
    "state = 'snoozed'",
    "channels = 'pigeon'",
    "addresses = '[]'",
    "addresses = '{'",
]
_OF_SQLITE = [
    "user_id = 'ada'",
    "category = x'ff'",
    f"reference = {_NO_TEXT}",
    f"title = {_NO_TEXT}",
    "message = x'00ff'",
    "channels = x'ff'",
    "addresses = x'ff'",
    "rrule = x'ff'",
    f"start = {_NO_TEXT}",
    "time_zone = x'ff'",
    f"used_zone = {_NO_TEXT}",
    "state = x'ff'",
    "passed_at = 'never'",
    "passed_at = x'ff'",
    "passed_local = x'ff'",
    "occurred = 'often'",
    "changed_at = 'then'",
    "reason_code = x'ff'",
    "reason_parameters = x'ff'",
]
_READ_ALL_THE_SAME = [
    "next_at = 'soon'",
    "next_at = 1764000000",
    "urgent = x'ff'",
    "look_up = 7.5",
    "urgent = 'yes'",
    "test = 'perhaps'",
    "final = 7",
    "rrule = 7",
    "start = 2026",
]
_ODD = [  # of the right kind, but without a meaning: its worker finds that out
    "rrule = 'FREQ=NEVER'",
    "start = 'soon'",
    "start = '2026-12-01T09+01'",
    "time_zone = 'Mars/Olympus'",
    "used_zone = ''",
    "passed_local = '2026-12-01T09Z'",
    "final = 'x'",
]


async def test_a_damaged_schedule_says_so_hides_no_neighbour_and_can_be_deleted(
    client: httpx2.AsyncClient, store_url: str
) -> None:
    await client.put("/api/v1/preferences/1", json=PREFERENCES)
    damages = [*_OF_ANY_STORE, *_ODD, *([] if "postgresql" in store_url else _OF_SQLITE + _READ_ALL_THE_SAME)]
    readable = {*_ODD, *_READ_ALL_THE_SAME}
    good = await create(client)
    damaged = {await create(client, reference=str(number)): damage for number, damage in enumerate(damages)}
    await run(store_url, [f"UPDATE schedules SET {one} WHERE reference = '{n}'" for n, one in enumerate(damages)])

    listed = (await client.get(SCHEDULES, params={"limit": 100})).json()["items"]
    wrong: dict[str, Any] = {}
    for id_, damage in damaged.items():
        path = f"{SCHEDULES}/{id_}"
        shown = await client.get(path)
        answers = [
            await client.get(f"{path}/occurrences"),
            await client.patch(path, json={"title": "another"}),
            await client.patch(path, json={"rrule": "FREQ=DAILY"}),
            await client.post(f"{path}/pause"),
            await client.post(f"{path}/resume"),
        ]
        codes = [answer.status_code for answer in answers]
        deleted = await client.delete(path)
        says_so = shown.json().get("reason_code") == "row_unreadable"
        if says_so is (damage in readable) or says_so is not (codes == [409] * 5):
            wrong[damage] = shown.text, codes
        if (shown.status_code, deleted.status_code) != (200, 204):
            wrong[damage] = shown.text, deleted.text
        if not {*codes} <= {200, 409}:
            wrong[damage] = codes

    assert wrong == {}
    assert {one["id"] for one in listed} == {good, *damaged}
    assert [one["id"] for one in (await client.get(SCHEDULES)).json()["items"]] == [good]


async def test_an_id_that_cannot_be_read_hides_no_neighbour(lite: httpx2.AsyncClient, tmp_path: Path) -> None:
    first, *_, last = [await create(lite, reference=str(number)) for number in range(5)]
    ids = [f"'{first.replace('-', '')}z'", "x'ff'", "'zzz'"]
    await run(
        f"sqlite:///{tmp_path / 'lite.db'}",
        [f"UPDATE schedules SET id = {id_} WHERE reference = '{n}'" for n, id_ in enumerate(ids, 1)],
    )

    found: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        page = (await lite.get(SCHEDULES, params={"limit": 1, **cursor})).json()
        found += [one["id"] for one in page["items"]]
        if page["next"] is None:
            break
        cursor = {"cursor": page["next"]}

    assert found == [last, first]
