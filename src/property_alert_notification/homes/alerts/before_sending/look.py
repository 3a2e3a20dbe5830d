"""Looks at alerts again, with what the store knows of their homes and searches now. Pure."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from property_alert_notification.base.damaged import readable
from property_alert_notification.base.reasons import Reason
from property_alert_notification.base.vocabulary import Channel
from property_alert_notification.homes.alerts.before_sending.asked import as_asked_for
from property_alert_notification.homes.alerts.before_sending.freshness import (
    RunningSearch,
    as_they_are_called,
    edited_since,
    in_place_of,
    still_asked_for,
    still_holds,
    still_matches,
    still_true,
)
from property_alert_notification.homes.alerts.before_sending.overtaking import NOT_OVERTAKEN, Overtaking
from property_alert_notification.homes.alerts.before_sending.stored.scripts import UNREADABLE, StoredAlert
from property_alert_notification.homes.alerts.details import AlertDetails
from property_alert_notification.homes.criteria.expression import Expression

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Look:
    """What is known when alerts are looked at again."""

    expressions: Mapping[int, Expression]
    running: Mapping[int, RunningSearch]
    channel: Channel
    """The one on which they are to be sent."""
    is_over: Callable[[Mapping[str, Any]], bool]

    def held(self, one: StoredAlert, newer: Overtaking = NOT_OVERTAKEN) -> AlertDetails | Reason:
        """What an alert tells of its home now, or why it must not.

        A first alert tells what holds now, so that no newer alert says otherwise.
        """
        details, now = self._asked_for(one)
        if isinstance(details, Reason):
            return details
        return still_holds(
            details,
            now,
            has_newer=newer.has_newer,
            is_overtaken=newer.is_overtaken,
            is_told=newer.is_told,
            is_over=self.is_over,
        )

    def in_place_of(self, one: StoredAlert, older: Iterable[StoredAlert]) -> AlertDetails | None:
        """What an alert tells that does not hold itself, and replaced these older ones; None if it is nothing."""
        return in_place_of(one.details, self.replaced(older))

    def replaced(self, older: Iterable[StoredAlert]) -> list[tuple[AlertDetails, Mapping[str, Any]]]:
        """What the alert that replaces these still tells of them, each with the listing that it tells of now."""
        return [its for _, its in readable_alerts(older, self._still_told) if its is not None]

    def _still_told(self, one: StoredAlert) -> tuple[AlertDetails, Mapping[str, Any]] | None:
        details, now = self._asked_for(one)
        told = None if isinstance(details, Reason) else still_true(details, now, self.is_over)
        return None if told is None or now is None else (told, now)

    def _asked_for(self, one: StoredAlert) -> tuple[AlertDetails | Reason, Mapping[str, Any] | None]:
        """The alert with the searches that still want it, and the listing that it tells of now."""
        details = still_asked_for(one.details, self.running, is_discarded=one.is_discarded)
        if isinstance(details, Reason):
            return details, one.own
        now, since = one.own, edited(one, self.running)
        if since or not one.is_unchanged:
            details, now = still_matches(details, one.own, one.others, self.expressions)
            details = as_they_are_called(details, since, self.running, self.expressions)
        return as_asked_for(details, one.details, self.running, self.channel), now


def readable_alerts(
    alerts: Iterable[StoredAlert], look_at: Callable[[StoredAlert], _T]
) -> Iterator[tuple[StoredAlert, _T]]:
    """Those of these alerts that are not damaged, in their order."""
    return readable(alerts, lambda one: (one, look_at(one)), UNREADABLE, lambda one: one.id)


def edited(one: StoredAlert, running: Mapping[int, RunningSearch]) -> set[int]:
    """The searches of an alert that were edited since, by their numbers."""
    return edited_since(one.details, one.sequence, running)
