"""Scripts that create, change, pause, resume and delete saved searches."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID

from property_alert_notification.base.errors import Conflict, NotFound
from property_alert_notification.database import Script, Statement
from property_alert_notification.homes.reso.words import ChangeType
from property_alert_notification.homes.saved_searches import rules, scripts
from property_alert_notification.homes.saved_searches.compiled import CompiledQuery
from property_alert_notification.homes.saved_searches.estimate import Forecast
from property_alert_notification.homes.saved_searches.models import SavedSearch
from property_alert_notification.homes.saved_searches.preconditions import Expected
from property_alert_notification.homes.saved_searches.schemas import SavedSearchCreate, SavedSearchPatch
from property_alert_notification.homes.saved_searches.scripts import ShownSearch
from property_alert_notification.homes.saved_searches.words import DEFAULT_CHANGE_TYPES, SearchReason, read_changes

Found = TypeVar("Found", SavedSearch, ShownSearch)

NO_SUCH_SEARCH = "Saved search not found"

FIRST_CHECK = timedelta(minutes=1)
"""When a search is looked at first: whether its user must be told something about it."""


_ANY = Expected()

Kinds = Iterable[ChangeType]


@dataclass(frozen=True, slots=True)
class ReadQuery:
    """A query, with what is expected of it."""

    expression: str
    """As the store has it."""
    forecast: Forecast
    compiled: CompiledQuery | None = None
    """None if the search has this query already."""

    @property
    def values(self) -> dict[str, Any]:
        """The columns of a new query."""
        return {} if self.compiled is None else rules.query_values(self.compiled)

    def estimate(self, kinds: Kinds) -> dict[str, Any]:
        """The columns of what is expected of it, if the search alerts to changes of these kinds."""
        return rules.estimate_values(self.forecast.by(kinds))


def create(user_id: int, body: SavedSearchCreate, query: ReadQuery, *, key: UUID, now: datetime) -> Script[ShownSearch]:
    """A new search of a user, who is locked; `add` stores it.

    Raises:
        InvalidField: its schedule is none.
    """
    wanted = rules.new_values(body) | query.values | query.estimate(body.ChangeTypes or DEFAULT_CHANGE_TYPES)
    person, language = yield from scripts.lock_user(user_id)
    search = SavedSearch.of(
        id=key,
        person=person,
        user_id=user_id,
        version=1,
        active=True,
        created_at=now,
        changed_at=now,
        first_alert_at=now if body.InitialAlert == "all" else None,
        check_at=now + FIRST_CHECK,
        viewed_at=now,
        **wanted,
    )
    return ShownSearch(search, language, None)


def add(search: SavedSearch, *others: Statement, limit: int) -> Script[None]:
    """Store a new search. It sees the changes of listings that are committed after this transaction.

    `others` are done in the same step.

    Raises:
        Conflict: the user has as many searches as one may have.
    """
    if not (yield from scripts.add(search, *others, limit=limit)):
        raise Conflict(
            f"User {search.user_id} has {limit} saved searches, as many as SEARCH_LIMIT_PER_USER allows: "
            "delete one first."
        )


def change(
    user_id: int,
    key: UUID,
    patch: SavedSearchPatch,
    query: ReadQuery | None,
    *,
    expected: Expected,
    now: datetime,
) -> Script[ShownSearch]:
    """Change a search. Its new version sees the changes of listings that are committed after this transaction.

    Raises:
        Conflict: the search has another version than the caller expects.
        InvalidField: its schedule would be none.
        NotFound: the user has no such search.
        PreconditionFailed: the search has another version than `If-Match` has.
    """
    held = yield from _hold(user_id, key, expected)
    before = held.search
    values = rules.changed_values(before, patch) | ({} if query is None else query.values)
    if all(getattr(before, name) == value for name, value in values.items()):
        return held
    # Another call may have changed the query since it was read.
    if query is not None and query.expression == values.get("expression", before.expression):
        values |= query.estimate(read_changes(values.get("change_types", before.change_types)))
    reason = SearchReason.REVISED if before.active else before.reason_code
    if "schedule_type" not in values:
        values |= rules.usual_schedule_of(before)
    seen = rules.seen(now) | {"told_too_many": False}
    return (yield from _store(held, values | seen | {"reason_code": reason}, now=now))


def pause(user_id: int, key: UUID, *, expected: Expected, now: datetime) -> Script[ShownSearch]:
    """Pause a search: it alerts to nothing until it is resumed. A paused search stays as it is.

    Raises:
        Conflict: the search has another version than the caller expects.
        NotFound: the user has no such search.
        PreconditionFailed: the search has another version than `If-Match` has.
    """
    held = yield from _hold(user_id, key, expected)
    if not held.search.active:
        return held
    return (yield from _store(held, {"active": False, "reason_code": SearchReason.CLIENT_DISABLED}, now=now))


def resume(user_id: int, key: UUID, *, expected: Expected, now: datetime) -> Script[ShownSearch]:
    """Resume a search: it sees what is committed from now on. An active search stays as it is.

    Raises:
        Conflict: the search has another version than the caller expects.
        NotFound: the user has no such search.
        PreconditionFailed: the search has another version than `If-Match` has.
    """
    held = yield from _hold(user_id, key, expected)
    return held if held.search.active else (yield from _reactivate(held, now=now))


def keep(user_id: int, key: UUID, *, now: datetime) -> Script[ShownSearch]:
    """Record that the user needs a search: one that alerts less often, or no more, alerts as before.

    Raises:
        NotFound: the user has no such search.
    """
    return (yield from _keep((yield from _hold(user_id, key)), now=now))


def _keep(held: ShownSearch, *, now: datetime) -> Script[ShownSearch]:
    if not held.search.active or held.search.ignored:
        return (yield from _reactivate(held, now=now))
    seen = held.search.model_copy(update=rules.seen(now))
    yield scripts.replace(seen)
    return held._replace(search=seen)


def _reactivate(held: ShownSearch, *, now: datetime) -> Script[ShownSearch]:
    """Let a locked search alert as it did before its user did not look at it."""
    reason = {"active": True, "reason_code": SearchReason.RE_ACTIVATED}
    values = rules.usual_schedule_of(held.search) | rules.seen(now) | reason
    return (yield from _store(held, values, now=now))


def view(user_id: int, key: UUID, *, now: datetime) -> Script[ShownSearch]:
    """Record that the user looked at what a search found; a paused one stays paused.

    Raises:
        NotFound: the user has no such search.
    """
    held = yield from _hold(user_id, key)
    return (yield from _keep(held, now=now)) if held.search.active else held


def remove(user_id: int, key: UUID, *, expected: Expected, now: datetime) -> Script[None]:
    """Delete a search. Its versions stay as long as the history of listings, so that its alerts can be explained.

    Raises:
        NotFound: the user has no such search.
        PreconditionFailed: the search has another version than `If-Match` has.
    """
    search = (yield from _hold(user_id, key, expected)).search
    if search.active:
        yield from scripts.end_version(search, scripts.remove(search), now=now)
    else:
        yield scripts.remove(search)


def _hold(user_id: int, key: UUID, expected: Expected = _ANY) -> Script[ShownSearch]:
    held = found((yield from scripts.find(user_id, key, lock=True)))
    expected.check(held.search.version)
    return held


def found(search: Found | None) -> Found:
    """The search, if there is one.

    Raises:
        NotFound: there is none.
    """
    if search is None:
        raise NotFound(NO_SUCH_SEARCH)
    return search


def store(before: SavedSearch, values: dict[str, object], *, now: datetime) -> Script[SavedSearch]:
    """Store a changed search, which is locked, with its new version."""
    changed = before.model_copy(update=values | {"version": before.version + 1, "changed_at": now})
    replace = scripts.replace(changed)
    if changed.active:
        yield from scripts.begin_version(changed, replace)
    elif before.active:
        yield from scripts.end_version(changed, replace, now=now)
    else:
        yield replace
    return changed


def _store(held: ShownSearch, values: dict[str, object], *, now: datetime) -> Script[ShownSearch]:
    return held._replace(search=(yield from store(held.search, values, now=now)))
