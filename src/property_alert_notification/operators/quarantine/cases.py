"""What is quarantined, as it is shown."""

from uuid import UUID

from property_alert_notification.api.paging import next_cursor, page_of, start_of
from property_alert_notification.base.errors import NotFound
from property_alert_notification.base.vocabulary import DeliveryState
from property_alert_notification.database import Database
from property_alert_notification.deliveries import queries as deliveries
from property_alert_notification.notifications.answers import AttemptPublic
from property_alert_notification.operators.quarantine import queries
from property_alert_notification.operators.quarantine.schemas import QuarantineCase, QuarantinedDelivery, QuarantinePage


async def list_cases(database: Database, *, cursor: str | None, limit: int, test: bool | None = None) -> QuarantinePage:
    """One page, the newest first; `test` narrows it to tests, or to what is live.

    Raises:
        StoreUnavailable: the store cannot be reached.
    """
    async with database.reading() as connection:
        found = await queries.newest(connection, before=start_of(cursor), limit=limit + 1, test=test)
    page, below = page_of(found, limit)
    items = [QuarantinedDelivery.model_validate(case) for case in page]
    return QuarantinePage(items=items, next=next_cursor(below))


async def show_case(database: Database, delivery_id: UUID, *, test: bool | None = None) -> QuarantineCase:
    """One quarantined delivery, with all that was tried.

    Raises:
        NotFound: no such delivery is quarantined, or none of tests, or of what is live.
        StoreUnavailable: the store cannot be reached.
    """
    async with database.reading() as connection:
        case = await queries.find(connection, delivery_id)
        if case is None or case.state != DeliveryState.QUARANTINED or test not in (None, case.test):
            raise NotFound("No such delivery is quarantined")
        attempts = await deliveries.attempts_of(connection, [delivery_id])
    shown = QuarantinedDelivery.model_validate(case).model_dump()
    return QuarantineCase(**shown, tried=[AttemptPublic.model_validate(attempt) for attempt in attempts])
