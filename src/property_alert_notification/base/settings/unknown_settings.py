"""Finds environment variables that are misspelled settings."""

from collections.abc import Collection

_NEAR = 2
_SHORT = 8


def find_mistake(name: str, settings: Collection[str], prefixes: Collection[str]) -> str | None:
    """A sentence about the name of a variable; None when it is a setting, or nothing of ours.

    `settings` are the names of all settings, in capitals. A variable that begins with one of `prefixes` can only be
    meant for this service; with a part in its middle it may be of a second provider, as `SMTP_BACKUP_HOST` is.
    """
    upper = name.upper()
    ours = upper.startswith(tuple(prefixes)) if prefixes else False
    if upper in settings or (ours and _is_of_an_instance(upper, settings)):
        return None
    nearest = min(sorted(settings), key=lambda each: _distance(upper, each), default="")
    if _distance(upper, nearest) <= (1 if len(nearest) < _SHORT else _NEAR):
        return f"{name} is no setting. Did you mean {nearest}?"
    return f"{name} is no setting" if ours else None


def _is_of_an_instance(name: str, settings: Collection[str]) -> bool:
    parts = name.split("_")
    return any(
        "_".join([*parts[:start], *parts[end:]]) in settings
        for start in range(1, len(parts))
        for end in range(start + 1, len(parts))
    )


def _distance(one: str, other: str) -> int:
    """How many letters were added, left out, exchanged with their neighbour or mistaken; beyond a few, some more."""
    if abs(len(one) - len(other)) > _NEAR:
        return _NEAR + 1
    before: list[int] = []
    last = list(range(len(other) + 1))
    for row, letter in enumerate(one, start=1):
        line = [row]
        for column, wanted in enumerate(other, start=1):
            cost = min(last[column] + 1, line[-1] + 1, last[column - 1] + (letter != wanted))
            if row > 1 and column > 1 and letter == other[column - 2] and one[row - 2] == wanted:
                cost = min(cost, before[column - 2] + 1)
            line.append(cost)
        if min(last) > _NEAR < min(line):  # no later row is nearer, as each is made of the two before it
            return _NEAR + 1
        before, last = last, line
    return last[-1]
