"""How what a replayed change tells differs from what became of it then. Pure."""

from dataclasses import dataclass

from property_alert_notification.homes.alerts.outcomes.words import Became, Outcome


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is known of one fact of a change for one person."""

    is_replayed: bool
    """The replay tells it, by any search."""
    was_matched: bool
    """By the match log a search of then was to tell it."""
    was_told: bool
    """By the told ledger, whatever became of its alert."""
    is_matched_yet: bool
    """The matcher has come to the change."""
    was_replayed: bool
    """The replay told the same at an earlier change."""
    became: Became
    """What became of it for the searches of then, if they matched or the ledger has it."""
    stops: Became | None
    """Why the user would not be told now, whatever matches."""
    is_as_then: bool
    """The searches are replayed as they were then."""


def beside_replay(known: Evidence) -> Became | None:
    """What became of the fact; None if neither the replay nor the service told it."""
    if not known.is_replayed:
        is_told = known.was_matched and known.was_told and known.became.outcome is not Outcome.NOT_TOLD
        return Became(Outcome.WOULD_NOT_BE_TOLD) if is_told else None
    if not known.is_matched_yet:
        return Became(Outcome.NOT_YET_MATCHED)
    if known.was_replayed:
        return Became(Outcome.ALREADY_TOLD)
    if known.was_told or known.was_matched:
        return known.became
    if known.is_as_then:
        return Became(Outcome.MISSED)
    return known.stops or Became(Outcome.WOULD_BE_TOLD)
