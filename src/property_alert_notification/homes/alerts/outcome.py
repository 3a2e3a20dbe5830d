"""What may have become of a change, as `explain` and `backtest` answer it: each word with its sentence. Pure."""

from collections.abc import Mapping
from enum import StrEnum
from typing import NamedTuple

from property_alert_notification.base.reasons import Reason, ReasonCode


class Outcome(StrEnum):
    """What became of a change for a search (`explain`), or of a fact of a change beside what is replayed (`backtest`).

    Those that only one of the two answers say so.
    """

    TOLD = "told"
    """The user was told, by this search or another one."""
    WAITS_FOR_APPROVAL = "waits_for_approval"
    """Its alert is on hold until it is approved or rejected."""
    REJECTED = "rejected"
    """Its alert was rejected."""
    WAITS_FOR_DIGEST = "waits_for_digest"
    """The search does not alert at once, and its digest is not made yet."""
    NOT_YET_MATCHED = "not_yet_matched"
    """The matcher has not come to the change yet."""
    NOT_TOLD = "not_told"
    """The search matches, but the user was not told, or would not be."""

    NO_ACTIVE_SEARCH = "no_active_search"
    """`explain`: the search was saved later, or was paused, or was deleted then."""
    HIDDEN = "hidden"
    """`explain`: the home might not be shown then."""
    NOT_MATCHING = "not_matching"
    """`explain`: the home did not meet the conditions of the search."""
    NOT_ASKED_FOR = "not_asked_for"
    """`explain`: the home matched, but the search does not ask for such changes, or not of homes that cannot be had."""
    NO_CHANGE = "no_change"
    """`explain`, of a search as it is now: the home has begun to match by what is no change, such as its remarks."""

    ALREADY_TOLD = "already_told"
    """`backtest`: the replay told the same of the home at an earlier change."""
    MISSED = "missed"
    """`backtest`: the search as it was then matches, but the matcher did not find it: a fault of the service."""
    WOULD_BE_TOLD = "would_be_told"
    """`backtest`: the replayed search tells it; the searches of then did not."""
    WOULD_NOT_BE_TOLD = "would_not_be_told"
    """`backtest`: the user was told by a search of then; the replayed search does not tell it."""


SENTENCES: Mapping[Outcome, str] = {
    Outcome.TOLD: "the user was told",
    Outcome.WAITS_FOR_APPROVAL: "its alert waits for approval",
    Outcome.REJECTED: "its alert was rejected",
    Outcome.WAITS_FOR_DIGEST: "it waits for the digest of the search",
    Outcome.NOT_YET_MATCHED: "the matcher has not come to this change yet",
    Outcome.NOT_TOLD: "the search matches, but the user is not told",
    Outcome.NO_ACTIVE_SEARCH: "the search was not active when the change was made",
    Outcome.HIDDEN: "the home might not be shown then",
    Outcome.NOT_MATCHING: "the home did not meet all conditions of the search",
    Outcome.NOT_ASKED_FOR: "the home matched, but the search does not ask for this change of a home of this status",
    Outcome.NO_CHANGE: (
        "the home matches now, but nothing changed that is told: new remarks and photos alone are no change"
    ),
    Outcome.ALREADY_TOLD: "an earlier change of the home told the same",
    Outcome.MISSED: "the search matches, but the matcher did not find it: please report this fault",
    Outcome.WOULD_BE_TOLD: "the search would tell it; it did not then",
    Outcome.WOULD_NOT_BE_TOLD: "the user was told, but the search would not tell it",
}


class Became(NamedTuple):
    """What became of a change or of a fact."""

    outcome: Outcome
    why: ReasonCode | None = None
    """Why the user is not told, or not yet; None if that is not recorded, or needs no reason."""


def in_words(outcome: Outcome, why: ReasonCode | None) -> str:
    """The sentence of an outcome; `why` says why the user is not told, None if that is not recorded."""
    words = SENTENCES[outcome]
    if outcome is not Outcome.NOT_TOLD:
        return words
    return f"{words}, and the reason is not recorded" if why is None else f"{words}: {Reason(why).sentence()}"
