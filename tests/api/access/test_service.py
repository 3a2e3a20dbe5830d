"""Keys are made, exchanged and revoked, and every change is written down."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from property_alert_notification.api.access import queries
from property_alert_notification.api.access.authenticator import Authenticator
from property_alert_notification.api.access.models import ApiKey
from property_alert_notification.api.access.rates import Rate
from property_alert_notification.api.access.service import KeyService
from property_alert_notification.base.errors import NotFound, TooManyKeys, Unauthorised
from property_alert_notification.base.vocabulary import Scope
from property_alert_notification.database import Database
from tests.api.access.conftest import MovedClock

WRITE, READ = Scope.NOTIFICATIONS_WRITE, Scope.NOTIFICATIONS_READ
DAY = timedelta(days=1)
MakeAuthenticator = Callable[..., Authenticator]


async def test_a_caller_has_two_keys_at_most(key_service: KeyService) -> None:
    first = await key_service.create("crm", [WRITE])
    await key_service.create("crm", [WRITE])

    with pytest.raises(TooManyKeys, match="revoke one first"):
        await key_service.create("crm", [WRITE])
    await key_service.create("crm", [WRITE], test=True)
    await key_service.create("listings", [WRITE])
    await key_service.revoke(first[:16])
    await key_service.create("crm", [WRITE])


async def test_of_many_who_make_one_at_once_two_succeed(key_service: KeyService) -> None:
    made = await asyncio.gather(*(key_service.create("crm", [WRITE]) for _ in range(10)), return_exceptions=True)

    assert sum(isinstance(one, str) for one in made) == 2
    assert sum(isinstance(one, TooManyKeys) for one in made) == 8


async def test_while_keys_are_exchanged_both_work_and_then_the_new_one_alone(
    key_service: KeyService, an_authenticator: MakeAuthenticator, clock: MovedClock
) -> None:
    authenticator = an_authenticator()
    old = await key_service.create("crm", [WRITE, READ], rate=Rate(5, 60), lifetime=90 * DAY)
    clock.move(60)

    new = await key_service.rotate("crm", overlap=DAY)

    for key in (old, new):
        assert (await authenticator.admit(f"Bearer {key}", READ)).owner == "crm"
    assert [(key.scopes, key.rate, key.expires_at) for key in await _keys(key_service)] == [
        ("notifications:read notifications:write", Rate(5, 60), clock.now() + DAY),
        ("notifications:read notifications:write", Rate(5, 60), clock.now() + 90 * DAY),
    ]
    with pytest.raises(TooManyKeys):
        await key_service.rotate("crm", overlap=DAY)

    clock.move(DAY.total_seconds())

    await authenticator.admit(f"Bearer {new}", READ)
    with pytest.raises(Unauthorised):
        await authenticator.admit(f"Bearer {old}", READ)
    await key_service.rotate("crm", overlap=DAY)


async def test_an_exchange_prolongs_no_keys_life(key_service: KeyService, clock: MovedClock) -> None:
    await key_service.create("crm", [WRITE], lifetime=timedelta(hours=1))

    await key_service.rotate("crm", overlap=DAY)

    assert [key.expires_at for key in await _keys(key_service)] == [clock.now() + timedelta(hours=1)] * 2


async def test_what_is_not_there_cannot_be_exchanged_or_revoked(key_service: KeyService) -> None:
    with pytest.raises(NotFound, match="crm has no live key"):
        await key_service.rotate("crm", overlap=DAY)
    with pytest.raises(NotFound, match="crm has no test key"):
        await key_service.revoke_all("crm", test=True)
    with pytest.raises(NotFound, match="0 valid keys begin with pa_live_"):
        await key_service.revoke("pa_live_")


async def test_a_beginning_that_two_keys_have_revokes_neither(key_service: KeyService) -> None:
    await key_service.create("crm", [WRITE])
    await key_service.create("crm", [WRITE])

    with pytest.raises(NotFound, match="2 valid keys begin with pa_live_"):
        await key_service.revoke("pa_live_")

    assert [key.revoked_at for key in await _keys(key_service)] == [None, None]


async def test_every_change_is_in_the_audit_record_and_failed_calls_are_not(key_service: KeyService) -> None:
    await key_service.create("crm", [WRITE], rate=Rate(5, 60))
    await key_service.rotate("crm", overlap=DAY)
    with pytest.raises(TooManyKeys):
        await key_service.create("crm", [WRITE])
    await key_service.revoke_all("crm")

    async with key_service.database.reading() as connection:
        changes = await queries.changes(connection, limit=10)
    old, new = await _keys(key_service)
    assert [(one.actor, one.action, one.subject, one.details["prefix"]) for one in reversed(changes)] == [
        ("cli:ada", "key.created", "crm", old.prefix),
        ("cli:ada", "key.rotated", "crm", new.prefix),
        ("cli:ada", "key.revoked", "crm", old.prefix),
        ("cli:ada", "key.revoked", "crm", new.prefix),
    ]
    assert changes[-1].details["rate"] == "5/min"
    assert changes[-2].details["replaces"] == old.prefix


async def test_no_key_is_in_the_store(tmp_path: Path, migrated_sqlite_url: str, clock: MovedClock) -> None:
    database = Database(migrated_sqlite_url.replace("sqlite:", "sqlite+aiosqlite:"), wait=30)
    key_service = KeyService(database, clock, actor="cli:ada")
    keys = [await key_service.create("crm", [WRITE]), await key_service.rotate("crm", overlap=DAY)]
    await key_service.revoke_all("crm")
    stored = b"".join((tmp_path / name).read_bytes() for name in ("app.db", "app.db-wal"))
    await database.close()

    for key in keys:
        assert key[:16].encode() in stored
        # What lies behind the prefix in the file may begin like the key by chance, but not for eight characters.
        assert key[:24].encode() not in stored
        assert key[16:].encode() not in stored


async def _keys(key_service: KeyService) -> list[ApiKey]:
    async with key_service.database.reading() as connection:
        return await queries.list_all(connection)
