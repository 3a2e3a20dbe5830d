"""How the providers misbehave at the moment: what they say instead of the usual, where, and how often."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

DROP = "drop"
"""Close the connection instead of answering."""

SILENCE = "silence"
"""Do not answer, and wait for the client to time out."""

DRIP = "drip"
"""By HTTP: begin an answer, and go on by a byte now and then, for ever."""

ENDLESS_HEADERS = "endless headers"
"""By HTTP: an answer whose headers do not end, as fast as they are read."""

HUGE_BODY = "huge body"
"""By HTTP: say that it is taken, and add a body of a gigabyte, as fast as it is read."""

USUAL = ""
"""Answer as usual, only later."""

HTTP = "http"
"""Where a fault of the SMS gateway happens; those of the SMTP server happen at a verb, `greeting` or `dot`."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One kind of misbehaviour."""

    at: str
    answer: str = USUAL
    """What is said instead: a reply of SMTP, a status of HTTP, or one of the words above."""
    share: float = 1.0
    """How often it happens where it may."""
    is_taken: bool = False
    """The message is kept all the same, whatever the answer says."""
    late: float = 0.0
    """Seconds before the answer."""
    only: str = ""
    """Happens to addresses that begin so, and to no others."""
    provider: str = ""
    """Happens at this one, as the settings name it; empty is at any."""
    headers: Mapping[str, str] = field(default_factory=dict)
    """Of the answer by HTTP."""


class FaultInjector:
    """Decides at which steps a provider fails."""

    def __init__(self) -> None:
        """No faults yet."""
        self.change([], seed=0)

    def change(self, faults: Sequence[Mapping[str, Any]], *, seed: int) -> None:
        """Replace the faults."""
        self._faults = [Fault(**fault) for fault in faults]
        self._dice = Random(seed)

    def fault(self, at: str, provider: str, to: str = "") -> Fault | None:
        """The fault to cause at this step; None causes none."""
        for fault in self._faults:
            is_meant = fault.at == at and fault.provider in {"", provider} and to.startswith(fault.only)
            if is_meant and self._dice.random() < fault.share:
                return fault
        return None
