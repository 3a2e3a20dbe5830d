"""Prepares the schema of the store when a process starts."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

import structlog

from property_alert_notification.base.errors import ConfigurationError, StoreMisconfigured, StoreUnavailable
from property_alert_notification.base.logs import Outage
from property_alert_notification.base.supervise import Loop, Supervisor, end
from property_alert_notification.database import Database, migrations

log = structlog.get_logger()


@asynccontextmanager
async def prepared(database: Database, supervisor: Supervisor, *, migrate: bool) -> AsyncIterator[None]:
    """Prepare the schema now or, when the store is away, in the background as soon as it is there."""
    try:
        await _prepare_schema(database, migrate=migrate)
    except StoreMisconfigured as fault:
        raise ConfigurationError(f"DATABASE_URL: the store cannot be used ({fault.cause}). {fault.advice}") from None
    except StoreUnavailable as fault:
        outage = Outage("schema")
        outage.goes_on(fault.cause)
    else:
        yield
        return
    prepare = partial(_prepare_schema_when_possible, database, outage, migrate=migrate)
    preparing = supervisor.start("schema", prepare, may_end=True)
    try:
        yield
    finally:
        await end(preparing)


async def _prepare_schema(database: Database, *, migrate: bool) -> None:
    judgement = await migrations.examine(database, thorough=migrate)
    if judgement.condition is migrations.Condition.UNUSABLE:
        raise ConfigurationError(f"DATABASE_URL: the store {judgement.words}")
    if judgement.read_only is not None and not database.is_sqlite:
        raise StoreUnavailable(f"The store {judgement.read_only}")
    if judgement.condition is migrations.Condition.OLD and migrate and judgement.read_only is None:
        await migrations.upgrade(database)
    elif not judgement.works:
        raise ConfigurationError(f"DATABASE_URL: the store {judgement.why_not}")
    elif judgement.warns:
        log.warning("schema.differs", detail=f"the store {judgement.words}")


async def _prepare_schema_when_possible(database: Database, outage: Outage, _loop: Loop, *, migrate: bool) -> None:
    while True:
        await asyncio.sleep(1)
        try:
            await _prepare_schema(database, migrate=migrate)
        except StoreUnavailable as fault:
            outage.goes_on(fault.cause)
            continue
        except ConfigurationError as error:
            outage.goes_on(str(error))
            continue
        outage.is_over()
        return
