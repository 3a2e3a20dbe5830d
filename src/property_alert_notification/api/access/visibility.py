"""Which notifications a caller may see, change and cancel. Pure."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Visibility:
    """The notifications that one caller may see. All others are answered 404 and missing in lists."""

    caller: str | None = None
    """Only notifications of this caller; None: of every caller."""
    test: bool | None = None
    """Only notifications submitted with a test key (True) or without one (False); None: both."""

    def covers(self, caller: str | None, *, test: bool) -> bool:
        """Whether they may see the notifications of this caller."""
        return self.test in (None, test) and self.caller in (None, caller)


EVERYTHING = Visibility()
"""What the command line and a service without keys show."""
