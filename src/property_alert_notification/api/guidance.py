"""Which call was meant, when a path or a method is none of ours. Pure: `paths` are those of the API's document."""

import re
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import Any

Paths = Mapping[str, Mapping[str, Any]]
"""By path, as `/notifications/{notification_id}`, and method in small letters: its operation."""

_LONGEST = 100
"""Characters of the longest path that is compared; a longer one is no misspelling."""

_PARAMETER = re.compile(r"\{\w+\}")
_AN_ID = re.compile(r"/(?:\d+|[0-9a-fA-F-]{32,36})(?=/|$)")
_A_NAME = re.compile("[a-z]{4}")
_ALIKE = 0.7
"""How much two paths have in common at least that are meant to be the same; 1 is everything."""


def methods_of(path: str, paths: Paths) -> list[str]:
    """The methods that a path answers, in capitals and in alphabetical order."""
    methods = {method.upper() for template in _templates_of(path, paths) for method in paths[template]}
    return sorted(methods | {"HEAD"} if "GET" in methods else methods)


def calls_near(path: str, paths: Paths) -> str:
    """What can be done with a path, and with what is right below it: methods with what each does."""
    found = list(_templates_of(path, paths))
    calls = [(method.upper(), _title(one)) for template in found for method, one in paths[template].items()]
    for template in found:
        for below, operations in paths.items():
            rest = below.removeprefix(template.rstrip("/"))
            if rest != below and re.fullmatch(r"/[a-z]+", rest):
                calls += [(f"{method.upper()} …{rest}", _title(one)) for method, one in operations.items()]
    return ", ".join(f"{call} ({title})" for call, title in calls)


def meant_by(path: str, paths: Paths) -> str | None:
    """The path that is most like this one, or None when none is like it."""
    if len(path) > _LONGEST:
        return None
    by_form = {_PARAMETER.sub("*", template.rstrip("/")): template for template in paths}
    given = _AN_ID.sub("/*", path.rstrip("/")).lower()
    # A path without the prefix is found this way.
    for form in (given, f"/api/v1{given}", f"/api{given}"):
        if form in by_form:
            return by_form[form]
    for form in (given, f"/api/v1{given}"):
        # Of a prefix alone anything would be like it.
        if _A_NAME.search(given) and (near := get_close_matches(form, by_form, n=1, cutoff=_ALIKE)):
            return by_form[near[0]]
    return None


def _templates_of(path: str, paths: Paths) -> Iterator[str]:
    """Those that match, the plain ones first; a slash at the end makes no difference."""
    wanted = path.rstrip("/")
    plain = [template for template in paths if template.rstrip("/") == wanted]
    yield from plain or [template for template in paths if _matches(template.rstrip("/"), wanted)]


def _matches(template: str, path: str) -> bool:
    pattern = _PARAMETER.sub("[^/]+", re.escape(template).replace(r"\{", "{").replace(r"\}", "}"))
    return re.fullmatch(pattern, path) is not None


def _title(operation: Mapping[str, Any]) -> str:
    return str(operation.get("summary", "")).lower()
