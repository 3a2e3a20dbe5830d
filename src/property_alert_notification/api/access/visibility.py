"""Which notifications a caller may see, change and cancel. Pure."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Visibility:
    """What one caller may know of. The rest does not exist for them: it is answered 404, and missing in lists."""

    caller: str | None = None
    """Only what this caller handed over; None: what anybody did."""
    test: bool | None = None
    """Only what was handed over with a test key (True) or without one (False); None: both."""

    def covers(self, caller: str | None, *, test: bool) -> bool:
        """Whether they may know of what this caller handed over."""
        return self.test in (None, test) and self.caller in (None, caller)


EVERYTHING = Visibility()
"""What the command line and a service without keys show."""
