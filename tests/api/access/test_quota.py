"""Rates are exact, however many processes and calls there are."""

import asyncio
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import func, select

from property_alert_notification.api.access.authenticator import Authenticator
from property_alert_notification.api.access.models import RateWindow
from property_alert_notification.api.access.rates import Rate
from property_alert_notification.api.access.service import KeyService
from property_alert_notification.base.errors import InvalidField, TooManyRequests
from property_alert_notification.base.vocabulary import Scope
from property_alert_notification.database import Database, table_of
from tests.api.access.conftest import MovedClock

WRITE = Scope.NOTIFICATIONS_WRITE
MakeAuthenticator = Callable[..., Authenticator]


@pytest.mark.parametrize(("limit", "calls"), [(1, 1_000), (7, 1_000), (1_000, 10_000), (9_999, 10_000)])
async def test_of_many_calls_to_two_processes_exactly_the_limit_is_admitted(
    key_service: KeyService, an_authenticator: MakeAuthenticator, limit: int, calls: int
) -> None:
    authenticators, key = (
        [an_authenticator(), an_authenticator()],
        await key_service.create("crm", [WRITE], rate=Rate(limit, 86_400)),
    )

    answers = await asyncio.gather(
        *(authenticators[number % 2].admit(f"Bearer {key}", WRITE) for number in range(calls)), return_exceptions=True
    )

    assert Counter(type(answer).__name__ for answer in answers) == {
        "Admission": limit,
        "TooManyRequests": calls - limit,
    }


async def test_calls_that_come_one_by_one_are_exact_and_seldom_ask(
    key_service: KeyService, an_authenticator: MakeAuthenticator, asked: list[str]
) -> None:
    authenticators, key = (
        [an_authenticator(), an_authenticator()],
        await key_service.create("crm", [WRITE], rate=Rate(1_000, 3_600)),
    )

    admitted = 0
    for number in range(1_200):
        admitted += await _is_admitted(authenticators[number % 2], key)

    assert admitted == 1_000
    assert sum("rate_windows" in statement for statement in asked) < 100


async def test_two_keys_of_one_caller_share_their_rate_and_a_test_key_has_its_own(
    key_service: KeyService, an_authenticator: MakeAuthenticator
) -> None:
    authenticator, rate = an_authenticator(), Rate(3, 60)
    one, other = [await key_service.create("crm", [WRITE], rate=rate) for _ in range(2)]
    test = await key_service.create("crm", [WRITE], rate=rate, test=True)

    admitted = [await _is_admitted(authenticator, key) for key in (one, other, one, other, one, test)]

    assert admitted == [True, True, True, False, False, True]


async def test_the_next_window_is_a_new_beginning_and_the_past_is_deleted(
    key_service: KeyService, an_authenticator: MakeAuthenticator, clock: MovedClock, store: Database
) -> None:
    authenticator, key = an_authenticator(), await key_service.create("crm", [WRITE], rate=Rate(2, 60))

    admitted = [await _is_admitted(authenticator, key) for _ in range(3)]
    clock.move(30)
    admitted += [await _is_admitted(authenticator, key) for _ in range(3)]
    clock.move(600)
    admitted += [await _is_admitted(authenticator, key)]

    assert admitted == [True, True, False, True, True, False, True]
    windows = table_of(RateWindow)
    async with store.reading() as connection:
        counted = (await connection.execute(select(func.count(), func.min(windows.c.starts_at)))).one()
    assert tuple(counted) == (1, datetime(2026, 3, 8, 12, 11, tzinfo=UTC))


async def test_a_refusal_has_a_retry_after(key_service: KeyService, an_authenticator: MakeAuthenticator) -> None:
    authenticator, key = an_authenticator(), await key_service.create("crm", [WRITE], rate=Rate(1, 60))
    await authenticator.admit(f"Bearer {key}", WRITE)

    with pytest.raises(TooManyRequests, match="1/min") as caught:
        await authenticator.admit(f"Bearer {key}", WRITE)

    assert caught.value.headers == {
        "Retry-After": "30",
        "RateLimit-Limit": "1",
        "RateLimit-Remaining": "0",
        "RateLimit-Reset": "30",
    }


async def test_every_answer_has_the_remaining_calls(
    key_service: KeyService, an_authenticator: MakeAuthenticator
) -> None:
    authenticator, key = an_authenticator(), await key_service.create("crm", [WRITE], rate=Rate(100, 60))

    shown = [dict((await authenticator.admit(f"Bearer {key}", WRITE, cost=cost)).headers) for cost in (1, 9, 40)]

    assert [one["RateLimit-Remaining"] for one in shown] == ["99", "90", "50"]
    assert {(one["RateLimit-Limit"], one["RateLimit-Reset"]) for one in shown} == {("100", "30")}


async def test_a_call_may_cost_more_than_one_but_not_more_than_a_window_has(
    key_service: KeyService, an_authenticator: MakeAuthenticator
) -> None:
    authenticator, key = an_authenticator(), await key_service.create("crm", [WRITE], rate=Rate(10, 60))

    with pytest.raises(InvalidField, match="10/min"):
        await authenticator.admit(f"Bearer {key}", WRITE, cost=11)

    assert [await _is_admitted(authenticator, key, cost=cost) for cost in (6, 6, 4, 1)] == [True, False, True, False]


async def _is_admitted(authenticator: Authenticator, key: str, **options: Any) -> bool:
    try:
        await authenticator.admit(f"Bearer {key}", WRITE, **options)
    except TooManyRequests:
        return False
    return True
