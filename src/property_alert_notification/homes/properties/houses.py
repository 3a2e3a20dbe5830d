"""Compares the numbers of houses. Pure."""

import re
from typing import NamedTuple

_LETTERED = re.compile(r"(\d+)[-/]?([a-z])((?:[-/&][a-z])*)")
"""12B, 12-B; 12A-B is two."""
_PAIR = re.compile(r"\d+(?:[-/&]\d+)+")


class House(NamedTuple):
    """A house number without the letter behind it."""

    number: str
    """Empty if it is unknown."""
    letter: str = ""
    """Empty if there is none, or several."""

    @property
    def is_box(self) -> bool:
        """Whether it is the box of a rural route, whose house may have a number in a street, too."""
        return self.number.startswith("box")

    def differs(self, other: "House") -> bool:
        """Whether both are known to be of two houses.

        A pair and one of its numbers may be of one house, and so may 112-10 and 11210, and a number with and without
        a letter.
        """
        if not self.number or not other.number or self.is_box is not other.is_box:
            return False
        if self.number == other.number:
            return bool(self.letter and other.letter) and self.letter != other.letter
        return not (_is_in(self.number, other.number) or _is_in(other.number, self.number))


def house_of(number: str) -> House:
    """Read the house number of an address."""
    lettered = _LETTERED.fullmatch(number)
    if lettered is None:
        return House(number)
    return House(lettered[1], "" if lettered[3] else lettered[2])


def _is_in(number: str, pair: str) -> bool:
    if not _PAIR.fullmatch(pair):
        return False
    numbers = re.split("[-/&]", pair)
    return number in numbers or number == "".join(numbers)
