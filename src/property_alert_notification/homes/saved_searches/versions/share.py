"""A share of all people: those whose number leaves the same remainder. Pure.

People are counted without gaps, so that shares are of one size, whoever saves how many searches where.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray


class Share(NamedTuple):
    """The people whose number leaves `part` when it is divided by `parts`."""

    part: int
    parts: int

    def has(self, person: int) -> bool:
        """Whether a person belongs to it."""
        return person % self.parts == self.part

    def of(self, people: NDArray[np.int64]) -> NDArray[np.int64]:
        """Those of these people who belong to it."""
        its: NDArray[np.int64] = people[people % self.parts == self.part]
        return its


EVERYONE = Share(0, 1)
