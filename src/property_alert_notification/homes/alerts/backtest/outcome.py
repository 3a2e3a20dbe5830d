"""How what a replayed change tells differs from what the person was told. Pure."""

from dataclasses import dataclass

from property_alert_notification.homes.alerts.outcome import Outcome


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is known of one fact of a change for one person."""

    is_replayed: bool
    """The replay tells it, by any search."""
    was_matched: bool
    """By the match log a search of then was to tell it."""
    was_told: bool
    """By the told ledger."""
    is_matched_yet: bool
    """The matcher has come to the change."""
    was_replayed: bool
    """The replay told the same at an earlier change."""
    waits: bool
    """A search that matched waits for its digest with it."""
    untold: Outcome | None
    """What became of it if an alert would tell it once it is approved, or was to tell it; None if there is none."""
    is_stopped: bool
    """The user discarded the home, or has no preferences."""
    is_as_then: bool
    """The searches are replayed as they were then."""


def outcome_of(known: Evidence) -> Outcome | None:
    """What became of the fact; None if neither the replay nor the service told it."""
    if not known.is_replayed:
        return Outcome.WOULD_NOT_BE_TOLD if known.was_matched and known.was_told else None
    if not known.is_matched_yet:
        return Outcome.NOT_YET_MATCHED
    if known.was_replayed:
        return Outcome.ALREADY_TOLD
    if known.was_told:
        return Outcome.TOLD
    if known.was_matched:
        return Outcome.WAITS_FOR_DIGEST if known.waits else known.untold or Outcome.NOT_TOLD
    if known.is_as_then:
        return Outcome.MISSED
    return Outcome.NOT_TOLD if known.is_stopped else Outcome.WOULD_BE_TOLD
