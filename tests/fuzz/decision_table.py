"""What `people/decide` must answer, read off a table: the two orders of rules, row by row.

It shares nothing with the implementation but the words of the API.
"""

from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

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
    digest_rule: str
    """What the user says of digests on the channel."""

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
            digest_rule=frequencies.get("digest", {}).get(channel, _NOT_SAID),
        )


def may_it_be_sent(asked: Asked) -> tuple[str, str, str]:
    """Decision, rule and frequency of the first row that fits."""
    decision, rule, frequency = _first_row(MAY_IT_BE_SENT, asdict(asked))
    return decision, rule, getattr(asked, frequency, frequency)


WHEN = """
    urgent  kind           category  frequency  carried  lawful  quiet  |  decision  rule
    yes     transactional  *         *          *        *       *      |  send      urgent
    *       *              digest    *          *        no      *      |  hold      legal_window
    *       *              digest    *          *        yes     yes    |  hold      quiet_hours
    *       *              digest    *          *        yes     no     |  send      may
    *       *              *         daily      yes      *       *      |  collect   frequency
    *       *              *         weekly     yes      *       *      |  collect   frequency
    *       *              *         monthly    yes      *       *      |  collect   frequency
    *       *              *         daily      no       *       *      |  suppress  frequency
    *       *              *         weekly     no       *       *      |  suppress  frequency
    *       *              *         monthly    no       *       *      |  suppress  frequency
    *       *              *         asap       *        no      *      |  hold      legal_window
    *       *              *         asap       *        yes     yes    |  hold      quiet_hours
    *       *              *         asap       *        yes     no     |  send      may
"""
"""For a message that may be sent. `may` is the rule that allows it. `carried` says whether a digest may carry it: its
user does not refuse digests, or may not refuse it. Digests are never collected themselves."""


@dataclass(frozen=True)
class Hours:
    """Local time, as a person has it: minutes of the day, 0 to 1,439, and days of the week, Monday is 0."""

    zone: str
    quiet: Collection[tuple[Collection[int], int, int]]
    """Days on which they begin, the first minute, and the first minute behind them, perhaps of the next day."""
    window: tuple[int, int] | None
    """What the law allows; None is everything."""

    def is_lawful(self, moment: datetime) -> bool:
        minute = self._minute(moment)
        return self.window is None or self.window[0] <= minute < self.window[1]

    def is_quiet(self, moment: datetime) -> bool:
        today, minute = moment.astimezone(ZoneInfo(self.zone)).weekday(), self._minute(moment)
        yesterday = (today - 1) % 7
        for days, start, end in self.quiet:
            if start < end:
                if today in days and start <= minute < end:
                    return True
            elif (today in days and minute >= start) or (yesterday in days and minute < end):
                return True
        return False

    def _minute(self, moment: datetime) -> int:
        local = moment.astimezone(ZoneInfo(self.zone))
        return local.hour * 60 + local.minute


def what_becomes_of_it(
    asked: Asked, hours: Hours, now: datetime, *, urgent: bool, kind: str, category: str
) -> tuple[str, str]:
    """Decision and rule."""
    decision, may, frequency = may_it_be_sent(asked)
    if decision == "suppress":
        return decision, may
    case = {
        "urgent": _yes(urgent),
        "kind": kind,
        "category": category,
        "frequency": frequency,
        "carried": _yes(asked.required == "yes" or asked.digest_rule != "never"),
        "lawful": _yes(hours.is_lawful(now)),
        "quiet": _yes(hours.is_quiet(now)),
    }
    decision, rule = _first_row(WHEN, case)
    return decision, may if rule == "may" else rule


def _yes(fact: bool) -> str:
    return "yes" if fact else "no"


def _first_row(table: str, case: Mapping[str, str]) -> list[str]:
    heading, *rows = [line.split() for line in table.strip().splitlines()]
    bar = heading.index("|")
    for row in rows:
        wanted = dict(zip(heading[:bar], row[:bar], strict=True))
        if all(value in (_ANY, case[column]) for column, value in wanted.items()):
            return row[bar + 1 :]
    raise AssertionError(f"no row fits {case}")
