"""Joins conditions about the least and the most of a field, so that a sentence says `2 to 3 bedrooms`. Pure."""

from collections.abc import Sequence

from property_alert_notification.homes.criteria.expression import And, Compare, Expression, Range
from property_alert_notification.homes.reso.currencies import MINOR_DIGITS
from property_alert_notification.homes.reso.words import MONEY


def with_both_bounds(parts: Sequence[Expression]) -> list[Expression]:
    """The conditions; those about the least and the most of one field are one.

    Two comparisons, with dates or texts, become an `And` of both, the least first.
    """
    found, halves = list[Expression](), dict[tuple[str, str | None], int]()
    for part in parts:
        if (half := _half(part)) is not None:
            place = halves.setdefault(half, len(found))
            if place < len(found) and (both := _both(found[place], part)) is not None:
                found[place] = both
                continue
        found.append(part)
    return found


def _half(part: Expression) -> tuple[str, str | None] | None:
    """The field and the unit of a condition with one bound."""
    match part:
        case Range(field, low, high, unit) if (low is None) != (high is None) and not _is_open(part):
            return field, unit
        case Compare(field, "ge" | "le"):
            return field, None
    return None


def _is_open(part: Range) -> bool:
    """Whether the sentence says "less than" or "more than" a round amount, and not the bound itself."""
    amount, step = (part.high, -1) if part.low is None else (part.low, 1)
    return part.field in MONEY and amount is not None and is_next_to_round(amount, part.unit or "", step)


def is_next_to_round(minor: float, currency: str, step: int) -> bool:
    """Whether an amount is so many of the smallest unit from a round one, as `lt 5` is stored as $4.99 at most."""
    whole = int(10 ** MINOR_DIGITS.get(currency, 2))
    return whole > 1 and minor % whole == step % whole


def _both(one: Expression, other: Expression) -> Expression | None:
    """One condition in place of two with one bound each; None if they are not the least and the most."""
    match one, other:
        case (Range(field, low, None, unit), Range(_, None, high)) | (
            Range(field, None, high, unit),
            Range(_, low, None),
        ):
            return Range(field, low, high, unit) if low is not None and high is not None and low <= high else None
        case (Compare(_, "ge", low), Compare(_, "le", high)) if type(low) is type(high):
            return And((one, other))
        case (Compare(_, "le", high), Compare(_, "ge", low)) if type(low) is type(high):
            return And((other, one))
    return None
