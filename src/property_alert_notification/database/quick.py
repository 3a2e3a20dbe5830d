"""A connection for a few rows that an index finds: its statements go to the driver without SQLAlchemy in between."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from property_alert_notification.database.batch import BatchStatement


class ChangesNothing(Exception):
    """A statement that changes or locks something was given to a connection that only reads."""


class QuickConnection(ABC):
    """Reads only. On SQLite a statement runs in the event loop: it must be short."""

    async def fetch(
        self, statement: "BatchStatement", rows: Iterable[Sequence[Any]], parameters: Mapping[str, Any]
    ) -> list[Sequence[Any]]:
        """Returns the rows that a statement finds.

        Raises:
            ChangesNothing: the statement does not only read.
        """
        if not statement.only_reads:
            raise ChangesNothing
        return await self._fetch(statement, rows, parameters)

    @abstractmethod
    async def _fetch(
        self, statement: "BatchStatement", rows: Iterable[Sequence[Any]], parameters: Mapping[str, Any]
    ) -> list[Sequence[Any]]: ...
