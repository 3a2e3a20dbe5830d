"""How what a replayed change tells differs from what the person was told. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Outcome(StrEnum):
    """What became of a fact of a change, beside what the replay tells."""

    TOLD = "told"
    """The replay tells it, and the user was told."""
    ALREADY_TOLD = "already_told"
    """The replay told the same of the home at an earlier change."""
    WAITS_FOR_DIGEST = "waits_for_digest"
    """The search matched, and its digest is not made yet."""
    NOT_YET_MATCHED = "not_yet_matched"
    """The matcher has not come to the change yet."""
    NOT_TOLD = "not_told"
    """The search matches, but the user was not told, or would not be."""
    MISSED = "missed"
    """The search as it was then matches, but the matcher did not find it: a fault of the service."""
    WOULD_BE_TOLD = "would_be_told"
    """The replayed search tells it; the searches of then did not."""
    WOULD_NOT_BE_TOLD = "would_not_be_told"
    """The user was told by a search of then; the replayed search does not tell it."""


SENTENCES: Mapping[Outcome, str] = {
    Outcome.TOLD: "the user was told",
    Outcome.ALREADY_TOLD: "an earlier change of the home told the same",
    Outcome.WAITS_FOR_DIGEST: "it waits for the digest of the search",
    Outcome.NOT_YET_MATCHED: "the matcher has not come to this change yet",
    Outcome.NOT_TOLD: "the search matches, but the user is not told",
    Outcome.MISSED: "the search matches, but the matcher did not find it: please report this fault",
    Outcome.WOULD_BE_TOLD: "the search would tell it; it did not then",
    Outcome.WOULD_NOT_BE_TOLD: "the user was told, but the search would not tell it",
}


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
        return Outcome.WAITS_FOR_DIGEST if known.waits else Outcome.NOT_TOLD
    if known.is_as_then:
        return Outcome.MISSED
    return Outcome.NOT_TOLD if known.is_stopped else Outcome.WOULD_BE_TOLD
