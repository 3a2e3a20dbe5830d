"""What came of the messages of a trial."""

from collections import Counter
from dataclasses import dataclass, field


@dataclass
class Findings:
    """What came of the messages of a trial."""

    accepted: int | None = None
    """How many messages there had to be, if that is not the number of notifications that callers submitted."""
    lost: int = 0
    """Deliveries of accepted notifications that are still open, or `sent` and never arrived, or missing."""
    duplicates: int = 0
    """Emails that arrived again."""
    bound: int = 0
    """How many of them the fault explains."""
    keyed_duplicates: int = 0
    """SMS that the gateway, which recognises a repeat by its key, took as another one."""
    wrong: Counter[str] = field(default_factory=Counter)
    """Everything else that must not be, in words."""
