"""The known fields of all calls, and errors about unknown ones that do not repeat their names.

A name may be anything, also personal data that came into the wrong place. What it may have been meant for is ours.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from difflib import get_close_matches
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict

_LONGEST = 64
"""Characters of the longest name that is compared with ours; a longer one is no misspelling."""

_COMPARED = 10
"""Unknown names in one place that are compared with ours."""

_known: set[str] = set()
"""The fields of requests."""

_answered: dict[str, str] = {}
"""The fields of answers, each with what to do if one is sent back."""

_elsewhere: dict[str, str] = {}
"""Names that are no fields of calls, each with where they belong."""


class Strict(BaseModel):
    """Takes the fields that it has, and no other."""

    model_config = ConfigDict(extra="forbid")

    elsewhere: ClassVar[Mapping[str, str]] = {}
    """Names that callers send although they are no fields of any call, each with where they belong."""

    @classmethod
    def __pydantic_init_subclass__(cls, **_options: Any) -> None:
        _known.update(field.alias or name for name, field in cls.model_fields.items())
        _elsewhere.update(cls.elsewhere)


class Answered(BaseModel):
    """An answer whose fields callers may send back, although not all of them can be changed."""

    changed_by: ClassVar[Mapping[str, str]] = {}
    """How fields are changed that no request has."""

    @classmethod
    def __pydantic_init_subclass__(cls, **_options: Any) -> None:
        _answered.update((name, cls.changed_by.get(name, "leave it out")) for name in cls.model_fields)


def without_unknown_names(errors: Iterable[Mapping[str, Any]], taken: Collection[str] = ()) -> list[dict[str, Any]]:
    """Pydantic's errors, in which one for each place replaces all about unknown fields, without their names.

    `taken` are the fields that the call takes, not those within others. If they are known, no other field is meant by
    an unknown one beside them.
    """
    described: list[dict[str, Any]] = []
    unknown: dict[tuple[Any, ...], list[str]] = {}
    for one in errors:
        if one["type"] != "extra_forbidden":
            described.append(dict(one))
            continue
        *place, name = one["loc"]
        if (known := _of_ours(name)) is not None:
            described.append({**one, "msg": known})
            continue
        if tuple(place) not in unknown:
            described.append({"type": one["type"], "loc": tuple(place)})
        unknown.setdefault(tuple(place), []).append(str(name))
    for one in described:
        if "msg" not in one:
            is_beside = taken and len(one["loc"]) == 1
            one["msg"] = _in_words(unknown[one["loc"]], taken if is_beside else _known)
    return described


def _of_ours(name: str) -> str | None:
    """What is said of a name that this call does not take, but that is one of ours; None of any other."""
    if name in _known:
        return "is not a field of this call: leave it out"
    return f"is read-only: {_answered[name]}" if name in _answered else _elsewhere.get(name)


def _in_words(names: Sequence[str], ours: Collection[str]) -> str:
    near = [get_close_matches(name, ours, n=1) for name in names[:_COMPARED] if len(name) <= _LONGEST]
    meant = dict.fromkeys(name for names in near for name in names)
    several = len(names) > 1
    return f"has {'unknown fields' if several else 'an unknown field'}" + (
        f": did you mean {' and '.join(meant)}?" if meant else ", which this call does not take"
    )


def known_part(value: Any) -> Any:
    """What a caller sent, without the fields that are none of ours."""
    if isinstance(value, dict):
        return {name: known_part(part) for name, part in value.items() if name in _known}
    if isinstance(value, list):
        return [known_part(part) for part in value]
    return value
