"""Compares what is in the store with what is expected, step by step."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from property_alert_notification.database import Database
from tests.scenario import observed
from tests.scenario.expected import Expected
from tests.scenario.items import FINAL, Key, Seen, Window
from tests.scenario.observed import Known, Row

SOON = timedelta(minutes=10)
"""After this long an item has ended whose digest has ended."""


class Comparison:
    """The service beside the model."""

    def __init__(self, expected: Expected) -> None:
        self.problems: list[str] = []
        self.happened: Counter[str] = Counter()
        """How often a delivery came into a state, and why."""
        self.messages = 0
        """How many messages providers took."""
        self._expected = expected
        self._known = Known()
        self._late: dict[Key, datetime] = {}
        """Items whose digest has ended, and they not yet; since when."""

    async def compare(self, database: Database, now: datetime, *, works: bool, killed: bool) -> None:
        """Look at what moved now; `works` is whether a worker is there, and `killed` whether one was killed."""
        expected, names = self._expected, self._known.names
        may_choose = works and (expected.knowledge.directory.may_choose(now) or expected.is_crowded(now))
        async with database.reading() as connection:
            rows = await observed.moved(connection, now)
            new = {row.notification for row in rows if row.reference is None and row.id not in names}
            windows = await observed.windows_of(connection, new)
            taken = await observed.taken(connection, now)
            asked = await observed.answered(connection) if may_choose else {}
        self._name(rows, windows, now)
        seen = {names[row.id]: row.seen() for row in rows}
        messages = Counter({names.get(id_, (str(id_), "?")): count for id_, count in taken.items()})
        if works:
            lost = {key for key, (state, *_) in seen.items() if state == "sending"}
            doubtful = _doubtful(seen, now) if killed else {}
            learned = self._new(asked)
            expected.work(now, seen, messages, learned, lost=lost, doubtful=doubtful, may_choose=may_choose)
        self._compare_states(now, seen)
        self._compare_messages(now, messages)

    async def compare_reasons(self, database: Database) -> None:
        """Every time that a message had to wait is on record, with the reason."""
        async with database.reading() as connection:
            holds, waited = await observed.holds(connection), await observed.waited(connection)
        items = self._expected.deliveries.items
        for id_, key in self._known.names.items():
            recorded = iter(holds.get(id_, ()))
            waits = items[key].waits if key in items else ()
            # Beside them may be one that ended at the same moment, when something else became known.
            if not all(code in recorded for code in waits):
                self.problems.append(f"{key} was held for {holds.get(id_)}, expected {waits}")
        for name in self._expected.waited - waited:
            self.problems.append(f"{name} waited for the User service, and that is not on record")

    def _new(self, asked: Mapping[int, datetime]) -> dict[int, datetime]:
        """Of whom the User service was asked since the model heard of it last."""
        entries = self._expected.knowledge.directory.entries
        return {
            user: known_at
            for user, known_at in asked.items()
            if user not in entries or entries[user].known_at < known_at
        }

    def _name(self, rows: Sequence[Row], windows: Mapping[UUID, Window], now: datetime) -> None:
        """Give each delivery the name that the model has for it."""
        for row in rows:
            if row.notification in windows:
                self._known.names[row.id] = windows[row.notification].key
            elif row.reference is not None:
                again = row.reference.startswith("again-")
                name = f"{row.reference} at {now.isoformat()}" if again else row.reference
                self._known.names.setdefault(row.id, (name, row.channel))

    def _compare_states(self, now: datetime, seen: Mapping[Key, Seen]) -> None:
        self._known.states |= seen
        self.happened.update(f"{state} {code}" for state, code, _ in seen.values())
        items, changed = self._expected.deliveries.items, self._expected.deliveries.changed
        for key in sorted(seen.keys() | changed.keys() | self._late.keys()):
            item = items.get(key)
            wanted = None if item is None else item.seen()
            if self._known.states.get(key) == wanted:
                self._late.pop(key, None)
                continue
            carried = item is not None and item.digest is not None and item.state in FINAL
            if carried and now < self._late.setdefault(key, now) + SOON:
                continue  # it ends soon after its digest
            self._late.pop(key, None)
            self.problems.append(f"{now}: {key} is {self._known.states.get(key)}, expected {wanted}; {item}")

    def _compare_messages(self, now: datetime, taken: Mapping[Key, int]) -> None:
        self.messages += sum(taken.values())
        sent = self._expected.deliveries.sent
        for key in taken.keys() | sent.keys():
            if taken.get(key, 0) != sent[key]:
                self.problems.append(f"{now}: {key} was sent {taken.get(key, 0)} times, expected {sent[key]}")


def _doubtful(seen: Mapping[Key, Seen], now: datetime) -> dict[Key, datetime]:
    """What is in doubt at a moment, and when it is sent again; a message that is never sent again has failed."""
    in_doubt = {key: due_at for key, (state, _, due_at) in seen.items() if state == "unknown"}
    given_up = {key: now for key, (state, code, _) in seen.items() if (state, code) == ("failed", "unknown_given_up")}
    return {key: due_at or now for key, due_at in in_doubt.items()} | given_up
