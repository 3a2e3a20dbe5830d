"""Who is let in, who is not, and for how long what is known of a key is trusted."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from structlog.testing import capture_logs

from property_alert_notification.api.access import queries
from property_alert_notification.api.access.admission import ANONYMOUS, Admission
from property_alert_notification.api.access.authenticator import Authenticator
from property_alert_notification.api.access.keys import compose
from property_alert_notification.api.access.service import KeyService
from property_alert_notification.base.errors import Forbidden, StoreUnavailable, Unauthorised
from property_alert_notification.base.vocabulary import Scope
from property_alert_notification.database import Database
from tests.api.access.conftest import MovedClock
from tests.pipeline.world import eventually
from tests.services.process import free_port

WRITE, READ = Scope.NOTIFICATIONS_WRITE, Scope.NOTIFICATIONS_READ
MakeAuthenticator = Callable[..., Authenticator]


async def test_a_key_lets_its_caller_in(key_service: KeyService, an_authenticator: MakeAuthenticator) -> None:
    key = await key_service.create("crm", [WRITE])

    crm = Admission("crm", "crm", False, (), frozenset({WRITE}), key[:16])
    assert await an_authenticator().admit(f"Bearer {key}", WRITE) == crm
    assert await an_authenticator().admit(f"bearer {key}", WRITE) == crm


async def test_a_test_key_acts_in_a_name_of_its_own(
    key_service: KeyService, an_authenticator: MakeAuthenticator
) -> None:
    key = await key_service.create("crm", [WRITE], test=True)

    admission = await an_authenticator().admit(f"Bearer {key}", WRITE)

    assert (admission.caller, admission.owner, admission.test) == ("crm", "test:crm", True)
    assert admission.actor == f"crm (test key {key[:16]})"


async def test_a_key_allows_what_it_was_made_for_and_nothing_else(
    key_service: KeyService, an_authenticator: MakeAuthenticator
) -> None:
    authenticator, key = an_authenticator(), await key_service.create("crm", [WRITE, Scope.ADMIN])

    await authenticator.admit(f"Bearer {key}", WRITE)
    for lacking in (READ, Scope.PREFERENCES_READ, Scope.PREFERENCES_WRITE):
        with pytest.raises(Forbidden, match=lacking):
            await authenticator.admit(f"Bearer {key}", lacking)


@pytest.mark.parametrize("header", [None, "", "Bearer", "Bearer ", "Basic YTpi", "Bearer é", "Bearer pa_live_1_2"])
async def test_a_call_without_a_key_is_refused(an_authenticator: MakeAuthenticator, header: str | None) -> None:
    with pytest.raises(Unauthorised) as caught:
        await an_authenticator().admit(header, WRITE)

    assert caught.value.headers == {"WWW-Authenticate": "Bearer"}


async def test_a_keyless_service_lets_everybody_in_but_honours_keys(
    key_service: KeyService, an_authenticator: MakeAuthenticator
) -> None:
    authenticator, key = an_authenticator(keyless=True), await key_service.create("crm", [WRITE], test=True)

    assert await authenticator.admit(None, Scope.ADMIN) == ANONYMOUS
    assert (await authenticator.admit(f"Bearer {key}", WRITE)).test
    with pytest.raises(Forbidden):
        await authenticator.admit(f"Bearer {key}", READ)
    with pytest.raises(Unauthorised):
        await authenticator.admit(f"Bearer {compose(1, test=True)}", WRITE)


async def test_a_key_that_is_known_costs_no_question(
    key_service: KeyService, an_authenticator: MakeAuthenticator, asked: list[str]
) -> None:
    authenticator, key = an_authenticator(), await key_service.create("crm", [WRITE])
    await authenticator.admit(f"Bearer {key}", WRITE)
    await _noted(key_service)
    asked.clear()

    for _ in range(1000):
        await authenticator.admit(f"Bearer {key}", WRITE)

    assert asked == []


async def test_a_mistyped_key_costs_no_question(an_authenticator: MakeAuthenticator, asked: list[str]) -> None:
    with pytest.raises(Unauthorised):
        await an_authenticator().admit(f"Bearer {compose(1, test=False)[:-1]}!", WRITE)

    assert asked == []


async def test_a_flood_of_made_up_keys_costs_a_few_questions(
    an_authenticator: MakeAuthenticator, asked: list[str]
) -> None:
    authenticator, made_up = an_authenticator(), [f"Bearer {compose(number, test=False)}" for number in range(1000)]

    answers = await asyncio.gather(*(authenticator.admit(one, WRITE) for one in made_up * 2), return_exceptions=True)
    questions = [statement for statement in asked if "api_keys" in statement]
    again = await asyncio.gather(*(authenticator.admit(one, WRITE) for one in made_up), return_exceptions=True)

    assert {type(answer) for answer in answers + again} == {Unauthorised}
    assert len(questions) <= 2
    assert [statement for statement in asked if "api_keys" in statement] == questions


async def test_a_key_ends_when_it_expires(
    key_service: KeyService, an_authenticator: MakeAuthenticator, clock: MovedClock
) -> None:
    authenticator, key = an_authenticator(), await key_service.create("crm", [WRITE], lifetime=timedelta(seconds=3))
    await authenticator.admit(f"Bearer {key}", WRITE)

    clock.move(3)

    for any_authenticator in (authenticator, an_authenticator()):
        with pytest.raises(Unauthorised):
            await any_authenticator.admit(f"Bearer {key}", WRITE)


async def test_a_revoked_key_is_worthless_on_every_process_within_five_seconds(
    key_service: KeyService, an_authenticator: MakeAuthenticator, clock: MovedClock
) -> None:
    authenticators, key = [an_authenticator(), an_authenticator()], await key_service.create("crm", [WRITE])
    for authenticator in authenticators:
        await authenticator.admit(f"Bearer {key}", WRITE)

    await key_service.revoke_all("crm")
    clock.move(5)

    for authenticator in authenticators:
        with pytest.raises(Unauthorised):
            await authenticator.admit(f"Bearer {key}", WRITE)


async def test_a_busy_process_learns_of_it_sooner(
    key_service: KeyService, an_authenticator: MakeAuthenticator, clock: MovedClock
) -> None:
    authenticator, key = an_authenticator(), await key_service.create("crm", [WRITE])
    await authenticator.admit(f"Bearer {key}", WRITE)
    await key_service.revoke_all("crm")
    clock.move(2.5)

    async def is_refused() -> bool:
        try:
            await authenticator.admit(f"Bearer {key}", WRITE)
        except Unauthorised:
            return True
        return False

    await eventually(is_refused)


async def test_a_store_that_is_away_prolongs_no_keys_life(postgres: Any, postgres_url: str, clock: MovedClock) -> None:
    from property_alert_notification.database import migrations

    store = Database(postgres_url, wait=1)
    await migrations.upgrade(store)
    key = await KeyService(store, clock, actor="cli:ada").create("crm", [WRITE])
    authenticator = Authenticator(store, clock, keyless=False, patience=1)
    await authenticator.admit(f"Bearer {key}", WRITE)

    postgres.stop()
    try:
        clock.move(4)
        await authenticator.admit(f"Bearer {key}", WRITE)
        clock.move(1)
        with pytest.raises(StoreUnavailable):
            await authenticator.admit(f"Bearer {key}", WRITE)
        with pytest.raises(StoreUnavailable):
            await authenticator.admit(f"Bearer {compose(1, test=False)}", WRITE)
    finally:
        postgres.start()
        await authenticator.close()
        await store.close()


async def test_the_last_use_is_noted_at_once_and_then_each_minute(
    key_service: KeyService, an_authenticator: MakeAuthenticator, clock: MovedClock, asked: list[str]
) -> None:
    authenticator, key = an_authenticator(), await key_service.create("crm", [WRITE])

    await authenticator.admit(f"Bearer {key}", WRITE)
    first = await _noted(key_service)
    for _ in range(10):
        clock.move(5.9)
        await authenticator.admit(f"Bearer {key}", WRITE)
    marks = sum(statement.startswith("UPDATE api_keys") for statement in asked)
    clock.move(5)
    await authenticator.admit(f"Bearer {key}", WRITE)

    async def is_noted_again() -> bool:
        return await _noted(key_service) == clock.now()

    await eventually(is_noted_again)
    assert first == clock.now() - timedelta(seconds=64)
    assert marks == 1


async def test_the_start_logs_that_no_key_is_required_or_that_none_exists(
    key_service: KeyService, an_authenticator: MakeAuthenticator
) -> None:
    with capture_logs() as logged:
        await an_authenticator(keyless=True).announce()
        await an_authenticator().announce()
        await key_service.create("crm", [WRITE])
        await an_authenticator().announce()

    assert [line["event"] for line in logged] == ["key.not_needed", "key.missing"]
    assert logged[1]["make_one"] == "property-alerts keys create --name crm --scope notifications:write"


async def test_a_store_that_is_away_at_the_start_does_not_stop_it(clock: MovedClock) -> None:
    away = Database(f"postgresql+asyncpg://nobody@127.0.0.1:{free_port()}/nowhere", wait=1)

    with capture_logs() as logged:
        await Authenticator(away, clock, keyless=False, patience=1).announce()

    assert [line["event"] for line in logged] == ["key.unread"]


async def _noted(key_service: KeyService) -> Any:
    """When the only key was used last, once that is written down."""

    async def last_used() -> Any:
        async with key_service.database.reading() as connection:
            (key,) = await queries.list_all(connection)
        return key.last_used_at

    return await eventually(last_used)
