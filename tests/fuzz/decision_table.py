"""What `people/decide` must answer, read off a table: the two orders of rules, row by row.

It shares nothing with the implementation but the words of the API.
"""

from collections.abc import Mapping
from dataclasses import dataclass

_NOT_SAID = "-"
_ANY = "*"

MAY_IT_BE_SENT = """
    preferences  switch  required  user_rule  default  |  decision  rule               frequency
    none         *       *         *          *        |  suppress  channel_switch     -
    given        off     *         *          *        |  suppress  channel_switch     -
    given        on      yes       *          -        |  send      category_required  asap
    given        on      yes       *          never    |  send      category_required  asap
    given        on      yes       *          *        |  send      category_required  default
    given        on      no        never      *        |  suppress  user_rule          -
    given        on      no        -          never    |  suppress  category_default   -
    given        on      no        -          -        |  send      service_default    asap
    given        on      no        -          *        |  send      category_default   default
    given        on      no        *          *        |  send      user_rule          user_rule
"""
"""The first row that fits decides."""


@dataclass(frozen=True)
class Asked:
    """What is asked about, in words."""

    preferences: str
    switch: str
    required: str
    user_rule: str
    default: str

    @classmethod
    def about(
        cls,
        *,
        switches: set[str] | None,
        frequencies: Mapping[str, Mapping[str, str]],
        channel: str,
        category: str,
        required: bool,
        default: Mapping[str, str],
    ) -> "Asked":
        return cls(
            preferences="none" if switches is None else "given",
            switch="on" if switches and channel in switches else "off",
            required="yes" if required else "no",
            user_rule=frequencies.get(category, {}).get(channel, _NOT_SAID),
            default=default.get(channel, _NOT_SAID),
        )


def may_it_be_sent(asked: Asked) -> tuple[str, str, str]:
    """Decision, rule and frequency of the first row that fits."""
    heading, *rows = [line.split() for line in MAY_IT_BE_SENT.strip().splitlines()]
    bar = heading.index("|")
    for row in rows:
        wanted = dict(zip(heading[:bar], row[:bar], strict=True))
        if all(value in (_ANY, getattr(asked, column)) for column, value in wanted.items()):
            decision, rule, frequency = row[bar + 1 :]
            return decision, rule, getattr(asked, frequency, frequency)
    raise AssertionError(f"no row fits {asked}")
