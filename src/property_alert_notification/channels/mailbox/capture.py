"""Takes messages into the development mailbox, many in one commit."""

from collections.abc import Sequence

from property_alert_notification.channels.mailbox import queries
from property_alert_notification.channels.mailbox.queries import Captured
from property_alert_notification.database import Database, GroupCommit

KEPT = 10_000
"""Messages the mailbox remembers; older ones are forgotten."""

_PRUNE_EVERY = 500
"""Finding the oldest message to keep walks the whole mailbox, so it is not done for each batch."""


class Capture:
    """The way into the mailbox."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._commits: GroupCommit[Captured, None] = GroupCommit(self._write)
        self._since_pruned = _PRUNE_EVERY

    async def take(self, message: Captured) -> None:
        """Keep one message; returns after its commit.

        Raises:
            StoreUnavailable: the store gave no answer. The message may have been kept.
        """
        await self._commits.submit(message)

    async def _write(self, messages: Sequence[Captured]) -> Sequence[None]:
        async with self._database.transaction() as connection:
            await queries.capture(connection, messages)
            if self._since_pruned + len(messages) >= _PRUNE_EVERY:
                await queries.prune(connection, keep=KEPT)
                self._since_pruned = -len(messages)
        self._since_pruned += len(messages)
        return [None] * len(messages)
