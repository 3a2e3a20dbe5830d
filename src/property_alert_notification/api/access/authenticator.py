"""Admits or rejects a call by its API key, the scopes of the key, and the rate of the caller."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from math import inf

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from property_alert_notification.api.access import queries
from property_alert_notification.api.access.admission import ANONYMOUS, Admission
from property_alert_notification.api.access.keys import digest, is_well_formed
from property_alert_notification.api.access.models import ApiKey
from property_alert_notification.api.access.quota import Quota
from property_alert_notification.api.access.rates import Rate
from property_alert_notification.api.access.single_flight import SingleFlight
from property_alert_notification.base.clock import Clock
from property_alert_notification.base.errors import StoreUnavailable, Unauthorised
from property_alert_notification.base.logs import origin
from property_alert_notification.base.metrics import Metrics
from property_alert_notification.base.supervise import Supervisor
from property_alert_notification.base.vocabulary import Scope
from property_alert_notification.database import Database, halve_on_error

log = structlog.get_logger()

FRESH = 2.0
"""Seconds for which cached keys are used without reading the store again."""

TRUSTED = 4.5
"""Seconds after which cached keys are no longer used, so that a revoked key is rejected within five seconds."""

AFTER_A_FAULT = 0.5
"""Seconds between two attempts to refresh the cache, when the store is unavailable."""

REMEMBERED = 10_000
"""How many unknown keys a process remembers, for `FRESH` seconds."""

USE_NOTED = timedelta(minutes=1)
"""How often the last use of a key is stored, at most."""

MAKE_ONE = "property-alerts keys create --name crm --scope notifications:write"
"""The command that creates a key."""


@dataclass(slots=True)
class _Known:
    """A key of the store."""

    key: ApiKey
    admission: Admission
    quota: Quota | None
    ends: float
    """When it expires, on the monotonic clock."""
    noted_at: datetime | None
    """The last use that is stored."""
    was_used: bool = False


class Authenticator:
    """Admits calls to one process. It caches keys and refreshes the cache in the background while they are used."""

    def __init__(
        self, database: Database, clock: Clock, *, keyless: bool, patience: float, supervisor: Supervisor | None = None
    ) -> None:
        """`keyless` admits calls without a key; `patience` is how many seconds a call waits for the store."""
        self._database = database.within(patience)
        self._clock = clock
        self._keyless = keyless
        self._patience = patience
        self._known: dict[str, _Known] = {}
        self._wrong: dict[str, float] = {}
        self._wanted: set[str] = set()
        self._quotas: dict[tuple[str, Rate], Quota] = {}
        self._tried_at = self._asked_at = -inf
        self._supervisor = supervisor or Supervisor(Metrics())
        self._loads = SingleFlight(self._load, self._supervisor.loop("key_refresh"), patience=patience)
        self._notes = SingleFlight(self._note_uses, self._supervisor.loop("key_use"), patience=patience)

    async def admit(self, authorization: str | None, scope: Scope, *, cost: int = 1) -> Admission:
        """Admit one call by its `Authorization` header; `cost` is how much of the caller's rate it uses.

        Raises:
            Unauthorised: it has no key, or an invalid one.
            Forbidden: the key does not allow this.
            TooManyRequests: the caller's rate is used up.
            InvalidField: it costs more than the caller may do at once.
            StoreUnavailable: the store could not be read.
        """
        if authorization is None and self._keyless:
            return ANONYMOUS
        known = await self._find(_key_in(authorization))
        known.admission.require(scope)
        known.was_used = True
        if known.quota is None:
            return known.admission
        return replace(known.admission, headers=await known.quota.take(cost))

    async def charge(self, admission: Admission, authorization: str | None, *, items: str, count: int) -> Admission:
        """Count all items of a batch but the first, which `admit` counted; `items` is the name of their field.

        Raises:
            TooManyRequests: the caller's rate is used up.
            InvalidField: it costs more than the caller may do at once.
            StoreUnavailable: the store could not be read.
        """
        if count < 2 or not admission.headers:
            return admission
        quota = (await self._find(_key_in(authorization))).quota
        if quota is None:
            return admission
        return replace(admission, headers=await quota.take(count - 1, items=items, before=1))

    async def announce(self) -> None:
        """Log that no key is required, or that a key is required and none exists."""
        if self._keyless:
            log.info("key.not_needed", because="ENVIRONMENT=local needs no API key")
            return
        try:
            async with self._database.reading() as connection:
                if not await queries.has_live(connection, now=self._clock.now()):
                    log.warning("key.missing", because="every call is answered 401", make_one=MAKE_ONE)
        except StoreUnavailable as fault:
            log.warning("key.unread", cause=fault.cause)

    async def close(self) -> None:
        """End the background work."""
        for rounds in (self._loads, self._notes):
            await rounds.close()
        for quota in self._quotas.values():
            await quota.close()

    async def _find(self, key: str) -> _Known:
        wanted, now = digest(key), self._clock.monotonic()
        known = self._known.get(wanted)
        age = now - self._asked_at
        if known is None or age >= TRUSTED:
            known = await self._ask(key, wanted, now)
        elif age >= FRESH and now - self._tried_at >= AFTER_A_FAULT:
            self._loads.begin()
        if now >= known.ends:
            raise _invalid_key()
        return known

    async def _ask(self, key: str, wanted: str, now: float) -> _Known:
        if not is_well_formed(key) or now - self._wrong.get(wanted, -inf) < FRESH:
            raise _invalid_key()
        self._wanted.add(wanted)
        await self._loads.join()
        known = self._known.get(wanted)
        if known is None:
            raise _invalid_key()
        return known

    async def _load(self) -> None:
        """Read all cached and requested keys from the store in one query."""
        wanted, self._wanted = self._wanted, set()
        asked_at, now = self._clock.monotonic(), self._clock.now()
        self._tried_at = asked_at
        async with self._database.reading() as connection:
            read = partial(self._recognise_live, connection, asked_at=asked_at, now=now)
            found = await halve_on_error(sorted(wanted | self._known.keys()), read, _leave_out)
        self._known = {known.key.digest: known for some in found for known in some}
        self._asked_at = asked_at
        self._remember_wrong(wanted - self._known.keys(), asked_at)
        self._drop_quotas()
        self._notes.begin()

    async def _recognise_live(
        self, connection: AsyncConnection, digests: Sequence[str], *, asked_at: float, now: datetime
    ) -> list[_Known]:
        found = await queries.live_among(connection, digests, now=now)
        return [self._recognise(key, asked_at, now) for key in found]

    def _recognise(self, key: ApiKey, asked_at: float, now: datetime) -> _Known:
        before = self._known.get(key.digest)
        return _Known(
            key=key,
            admission=Admission(
                caller=key.name,
                owner=key.owner,
                test=key.test,
                scopes=frozenset(scope for scope in Scope if scope in key.scopes.split()),
                prefix=key.prefix,
            ),
            quota=self._quota(key),
            ends=inf if key.expires_at is None else asked_at + (key.expires_at - now).total_seconds(),
            noted_at=key.last_used_at,
            # A key that a call requested is in use.
            was_used=before is None or before.was_used,
        )

    def _quota(self, key: ApiKey) -> Quota | None:
        if (rate := key.rate) is None:
            return None
        quota = self._quotas.get((key.owner, rate))
        if quota is None:
            loop = self._supervisor.loop("rate_lease")
            quota = Quota(key.owner, rate, self._database, self._clock, loop, patience=self._patience)
            self._quotas[key.owner, rate] = quota
        return quota

    def _drop_quotas(self) -> None:
        in_use = {known.quota for known in self._known.values()}
        self._quotas = {name: quota for name, quota in self._quotas.items() if quota in in_use}

    def _remember_wrong(self, wrong: set[str], asked_at: float) -> None:
        if len(self._wrong) + len(wrong) > REMEMBERED:
            self._wrong.clear()
        self._wrong.update(dict.fromkeys(wrong, asked_at))

    async def _note_uses(self) -> None:
        now = self._clock.now()
        used = [known for known in self._known.values() if known.was_used and _is_due(known.noted_at, now)]
        if not used:
            return
        async with self._database.transaction() as connection:
            await queries.mark_used(connection, [known.key.id for known in used], now=now)
        for known in used:
            known.was_used, known.noted_at = False, now


def _is_due(noted_at: datetime | None, now: datetime) -> bool:
    return noted_at is None or now - noted_at >= USE_NOTED


async def _leave_out(_digest: str, error: Exception) -> None:
    """Reject a key whose row cannot be read; the others stay valid."""
    log.error("key.unreadable", **origin(error))


def _key_in(authorization: str | None) -> str:
    """The key of an `Authorization` header (RFC 6750, 2.1)."""
    scheme, _, key = (authorization or "").partition(" ")
    if scheme.lower() != "bearer" or not key:
        raise Unauthorised(
            "This call needs an API key: send `Authorization: Bearer <key>`. "
            f"An operator of this service creates one with `{MAKE_ONE}`."
        )
    return key.strip()


def _invalid_key() -> Unauthorised:
    return Unauthorised("This API key is unknown, has expired or was revoked.")
