"""The saved searches that are explained: those of the user as they are now, and those that were deleted since. Pure."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Self
from uuid import UUID

from property_alert_notification.base.damaged import readable
from property_alert_notification.homes.alerts.details import AlertDetails
from property_alert_notification.homes.alerts.outcomes.past import PastVersion
from property_alert_notification.homes.criteria.expression import Expression, from_json
from property_alert_notification.homes.saved_searches.models import SavedSearch


@dataclass(frozen=True, slots=True)
class ExplainableSearch:
    """A search as it is now, or as it was when it was deleted."""

    number: int
    key: UUID | None
    """None for one that was deleted: only its versions are kept."""
    name: str | None
    """None for one that was deleted, unless an alert about the home names it."""
    version: int
    active: bool
    schedule_type: str
    expression: Expression
    is_deleted: bool = False

    @classmethod
    def of(cls, saved: SavedSearch) -> Self:
        """One that is not deleted.

        Raises:
            UNREADABLE: its row is damaged.
        """
        return cls(
            saved.number,
            saved.id,
            saved.name,
            saved.version,
            saved.active,
            saved.schedule_type,
            from_json(saved.expression),
        )

    @classmethod
    def deleted(cls, last: PastVersion, name: str | None) -> Self:
        """One that was deleted, as its last version has it.

        Raises:
            UNREADABLE: the row of the version is damaged.
        """
        expression = from_json(last.expression)
        return cls(last.number, None, name, last.version, False, last.schedule_type, expression, is_deleted=True)


def stored_searches(saved: Iterable[SavedSearch]) -> list[ExplainableSearch]:
    """Those that are not deleted."""
    return list(readable(saved, ExplainableSearch.of, "search.unreadable", lambda one: one.number))


def deleted_searches(
    versions: Iterable[PastVersion],
    stored: Collection[int],
    changes: Collection[int],
    names: Mapping[int, str],
    *,
    limit: int,
) -> list[ExplainableSearch]:
    """The deleted searches that saw one of these changes; of many those that were saved last.

    Args:
        versions: all versions that are kept of the searches of a user.
        stored: the numbers of the searches that are not deleted.
        changes: the numbers of the changes.
        names: the names of searches, as far as they are known.
        limit: how many at most.
    """
    last: dict[int, PastVersion] = {}
    saw: set[int] = set()
    for one in sorted(versions, key=lambda one: one.version):
        if one.number not in stored:
            last[one.number] = one
            if any(map(one.applies_to, changes)):
                saw.add(one.number)
    shown = [its for number, its in sorted(last.items()) if number in saw][-limit:]
    return list(
        readable(
            shown,
            lambda one: ExplainableSearch.deleted(one, names.get(one.number)),
            "search.unreadable",
            lambda one: one.number,
        )
    )


def names_in(alerts: Iterable[str]) -> dict[int, str]:
    """The names of the searches that alerts name, by their numbers; `alerts` are their details, the newest first."""
    found: dict[int, str] = {}
    for details in readable(alerts, AlertDetails.read, "alert.unreadable"):
        for search in details.searches:
            if search.number is not None:
                found.setdefault(search.number, search.name)
    return found
