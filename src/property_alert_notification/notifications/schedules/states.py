"""The states of a schedule."""

from enum import StrEnum


class ScheduleState(StrEnum):
    """The states of a schedule."""

    ACTIVE = "active"
    """The schedule has a next occurrence."""
    PAUSED = "paused"
    """A caller paused the schedule. Occurrences within the pause are skipped."""
    ENDED = "ended"
    """The schedule has no further occurrence; the reason names the cause."""
    QUARANTINED = "quarantined"
    """The row of the schedule broke a worker; the reason names the error. A change or a resume makes it active
    again."""
