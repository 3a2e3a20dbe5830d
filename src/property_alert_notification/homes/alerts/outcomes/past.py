"""What saved searches looked for in the past. Pure."""

from collections.abc import Iterable
from typing import NamedTuple

from property_alert_notification.base.reasons import Reason, ReasonCode
from property_alert_notification.homes.saved_searches.words import ScheduleType


class PastVersion(NamedTuple):
    """What a search looked for between two numbers."""

    number: int
    """Of the search."""
    version: int
    from_sequence: int
    until_sequence: int | None
    expression: str
    change_types: str
    schedule_type: str

    def applies_to(self, sequence: int) -> bool:
        """Whether it saw the change with this number."""
        return self.from_sequence < sequence and (self.until_sequence is None or sequence < self.until_sequence)


def why_inactive(number: int, sequence: int, versions: Iterable[PastVersion]) -> Reason | None:
    """Why a search saw no change with this number; None if the versions of that time are not kept any more."""
    earliest = min((one for one in versions if one.number == number), key=lambda one: one.version, default=None)
    if earliest is None:
        return None
    if earliest.from_sequence < sequence:
        return Reason(ReasonCode.SEARCH_PAUSED)
    return Reason(ReasonCode.SEARCH_SAVED_LATER) if earliest.version == 1 else None


def was_paused_before_digest(number: int, sequence: int, versions: Iterable[PastVersion]) -> bool:
    """Whether a search waited for a digest with this change, and was paused or deleted since then."""
    its = [one for one in versions if one.number == number]
    waited = any(one.applies_to(sequence) and one.schedule_type != ScheduleType.ASAP for one in its)
    ends = {one.until_sequence for one in its if one.until_sequence is not None and one.until_sequence > sequence}
    return waited and bool(ends - {one.from_sequence for one in its})
