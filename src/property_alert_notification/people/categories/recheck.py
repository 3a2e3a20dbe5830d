"""What is collected of a category is decided again when the category changes."""

from collections.abc import Iterable
from uuid import UUID

from property_alert_notification.database import Database
from property_alert_notification.deliveries.windows import queries as windows
from property_alert_notification.people.categories.rules import GENERAL, Categories

AT_ONCE = 1_000
"""Digest windows of one transaction."""

_FIRST = UUID(int=0)


def changed_names(before: Categories, after: Categories, names: Iterable[str]) -> set[str]:
    """Which of these categories mean something else than before."""
    return {name for name in names if before.of(name) != after.of(name)}


class WindowRecheck:
    """Makes the open digest windows of changed categories due, a few in each transaction: there may be a million.

    Every process does so after it has read the change, because a worker that has not read it yet still decides by the
    earlier definition. A window that no process makes due is reevaluated when it closes.
    """

    def __init__(self, database: Database) -> None:
        """Nothing has changed yet."""
        self._database = database
        self._walked_to: dict[str, UUID] = {}
        """By category whose windows are not all due yet, the last one that is."""

    def begin(self, names: Iterable[str]) -> None:
        """Begin with the windows of these categories."""
        self._walked_to |= dict.fromkeys(names, _FIRST)

    async def begin_with_undefined(self, before: Categories, after: Categories) -> None:
        """Begin with the windows of categories that mean what `general` means, if that has changed."""
        if before.of(GENERAL) == after.of(GENERAL):
            return
        async with self._database.reading() as connection:
            collected = await windows.categories_of_open(connection)
        self.begin(changed_names(before, after, collected))

    async def proceed(self) -> bool:
        """Make some windows due; returns whether more may be left."""
        if not self._walked_to:
            return False
        name, after = next(iter(self._walked_to.items()))
        async with self._database.transaction() as connection:
            now = self._database.clock.now()
            made_due = await windows.recheck_category(connection, name, after=after, now=now, limit=AT_ONCE)
        if len(made_due) < AT_ONCE:
            del self._walked_to[name]
        else:
            self._walked_to[name] = max(made_due)
        return bool(self._walked_to)
