"""The notifications that a caller may read, change and cancel. Pure."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Visibility:
    """The notifications that one caller may read. All others are answered 404 and are not in lists."""

    caller: str | None = None
    """Only notifications of this caller; None: of every caller."""
    test: bool | None = None
    """Only notifications submitted with a test key (True) or without one (False); None: both."""

    def covers(self, caller: str | None, *, test: bool) -> bool:
        """Whether the notifications of this caller are visible."""
        return self.test in (None, test) and self.caller in (None, caller)


EVERYTHING = Visibility()
"""The visibility of the command line and of a service without API keys."""
