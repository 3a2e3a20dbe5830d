"""Keeps people in SQLite, in a file or in memory."""

import sqlite3
from collections.abc import Collection, Iterable, Sequence

from property_alert_notification.user_service.people import Person

_COLUMNS = ", ".join(Person._fields)
_PLACES = ", ".join("?" * len(Person._fields))
_LONGEST_LIST = 100


class Store:
    """One table of people."""

    def __init__(self, connection: sqlite3.Connection, beginning: Iterable[Person]) -> None:
        """Open the file; an empty one is filled with these people. The connection commits each statement."""
        self._connection = connection
        self._connection.execute(f"CREATE TABLE IF NOT EXISTS people ({_COLUMNS}, PRIMARY KEY (id))")
        if self.find_some(range(_LONGEST_LIST)) == []:
            self._connection.execute("BEGIN")
            self._connection.executemany(f"INSERT INTO people VALUES ({_PLACES})", beginning)  # noqa: S608
            self._connection.execute("COMMIT")

    def find(self, user_id: int) -> Person | None:
        """One person, or None."""
        return next(iter(self.find_some([user_id])), None)

    def find_some(self, users: Collection[int]) -> Sequence[Person]:
        """Those of these people who exist."""
        wanted = ", ".join("?" * len(users))
        found = self._connection.execute(f"SELECT {_COLUMNS} FROM people WHERE id IN ({wanted})", list(users))  # noqa: S608
        return [Person(*row) for row in found]

    def put(self, person: Person) -> None:
        """Insert or replace one."""
        self._connection.execute(f"INSERT OR REPLACE INTO people VALUES ({_PLACES})", person)  # noqa: S608

    def delete(self, user_id: int) -> bool:
        """Delete one; returns whether there was one."""
        return self._connection.execute("DELETE FROM people WHERE id = ?", [user_id]).rowcount == 1
