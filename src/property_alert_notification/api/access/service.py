"""Creates, rotates and revokes API keys, and records the author."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from property_alert_notification.api.access import queries
from property_alert_notification.api.access.keys import RANDOM_BITS, SHOWN, compose, digest
from property_alert_notification.api.access.models import ApiKey
from property_alert_notification.api.access.rates import Rate
from property_alert_notification.base.clock import Clock
from property_alert_notification.base.errors import NotFound, TooManyKeys
from property_alert_notification.base.vocabulary import Scope
from property_alert_notification.database import Database

LIVE_KEYS = 2
"""How many keys a caller may have at once: the current one and its replacement."""

NAME = r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}"
"""The allowed names of callers."""


@dataclass(frozen=True, slots=True)
class KeyService:
    """The keys of one store; `actor` is the author of the changes."""

    database: Database
    clock: Clock
    actor: str

    async def create(
        self,
        name: str,
        scopes: Collection[Scope],
        *,
        test: bool = False,
        lifetime: timedelta | None = None,
        rate: Rate | None = None,
    ) -> str:
        """Create a key for the caller with this name, who may have one already.

        Returns:
            The key; it cannot be shown again, since only its hash is stored.

        Raises:
            TooManyKeys: the caller has two already.
            StoreUnavailable: no key was created.
        """
        now = self.clock.now()
        async with self.database.transaction() as connection:
            await queries.hold_back_others(connection)
            await self._make_room(connection, name, test=test, now=now)
            key, stored = self._new_key(
                name=name,
                scopes=" ".join(sorted(set(scopes))),
                test=test,
                rate_limit=None if rate is None else rate.limit,
                rate_period=None if rate is None else rate.period,
                created_at=now,
                expires_at=None if lifetime is None else now + lifetime,
            )
            await queries.add(connection, stored)
            await self._record(connection, "key.created", stored, **_terms(stored))
        return key

    async def rotate(self, name: str, *, test: bool = False, overlap: timedelta) -> str:
        """Create a key that replaces the caller's only key, which stays valid for `overlap`.

        It has the scopes, the rate and the expiry of the old key.

        Raises:
            NotFound: the caller has no key.
            TooManyKeys: the caller has two already.
            StoreUnavailable: nothing has changed.
        """
        now = self.clock.now()
        async with self.database.transaction() as connection:
            await queries.hold_back_others(connection)
            live = await self._make_room(connection, name, test=test, now=now)
            if not live:
                raise NotFound(f"{name} has no {_kind(test)} key. Create one with: property-alerts keys create")
            old = live[-1]
            key, stored = self._new_key(
                **old.model_dump(include={"name", "scopes", "test", "rate_limit", "rate_period"}),
                created_at=now,
                expires_at=old.expires_at and now + (old.expires_at - old.created_at),
            )
            await queries.add(connection, stored)
            ends = min(now + overlap, old.expires_at or now + overlap)
            await queries.let_expire(connection, old.id, at=ends)
            await self._record(
                connection,
                "key.rotated",
                stored,
                replaces=old.prefix,
                until=ends.isoformat(),
                **_terms(stored),
            )
        return key

    async def revoke(self, beginning: str) -> ApiKey:
        """Revoke the one key with this prefix. Every process rejects it within five seconds.

        Raises:
            NotFound: no valid key has this prefix, or several have it.
            StoreUnavailable: nothing has changed.
        """
        now = self.clock.now()
        async with self.database.transaction() as connection:
            found = await queries.live_beginning_with(connection, beginning, now=now)
            if len(found) != 1:
                raise NotFound(f"{len(found)} valid keys begin with {beginning}. See: property-alerts keys list")
            await self._revoke(connection, found, now)
        return found[0]

    async def revoke_all(self, name: str, *, test: bool = False) -> Sequence[ApiKey]:
        """Revoke all keys of a caller. Every process rejects them within five seconds.

        Raises:
            NotFound: the caller has no key.
            StoreUnavailable: nothing has changed.
        """
        now = self.clock.now()
        async with self.database.transaction() as connection:
            found = await queries.live_of(connection, name, test=test, now=now)
            if not found:
                raise NotFound(f"{name} has no {_kind(test)} key. See: property-alerts keys list")
            await self._revoke(connection, found, now)
        return found

    async def _make_room(self, connection: AsyncConnection, name: str, *, test: bool, now: datetime) -> list[ApiKey]:
        live = await queries.live_of(connection, name, test=test, now=now)
        if len(live) >= LIVE_KEYS:
            raise TooManyKeys(
                f"{name} has {len(live)} {_kind(test)} keys already, and may have no more: revoke one first, with "
                f"property-alerts keys revoke {live[0].prefix}"
            )
        return live

    def _new_key(self, **fields: Any) -> tuple[str, ApiKey]:
        key = compose(self.clock.random_bits(RANDOM_BITS), test=fields["test"])
        return key, ApiKey(id=self.clock.new_id(), prefix=key[:SHOWN], digest=digest(key), **fields)

    async def _revoke(self, connection: AsyncConnection, keys: Sequence[ApiKey], now: datetime) -> None:
        await queries.revoke(connection, [key.id for key in keys], now=now)
        for key in keys:
            await self._record(connection, "key.revoked", key)

    async def _record(self, connection: AsyncConnection, action: str, key: ApiKey, **details: Any) -> None:
        details = {"prefix": key.prefix, "kind": _kind(key.test), **details}
        await queries.record(
            connection, self.clock, actor=self.actor, action=action, subject=key.name, test=key.test, **details
        )


def _terms(key: ApiKey) -> dict[str, Any]:
    return {
        "scopes": key.scopes.split(),
        "rate": key.rate and str(key.rate),
        "expires_at": key.expires_at and key.expires_at.isoformat(),
    }


def _kind(test: bool) -> str:
    return "test" if test else "live"
