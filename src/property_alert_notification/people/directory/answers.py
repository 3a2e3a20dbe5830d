"""Reads profiles from the answers of the User service. Pure.

Answers are validated like all other input. An answer that is not a profile counts as a failed request, and changes
nothing. An invalid address, name, language, time zone or country is left out, as if the user had none.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Self

from property_alert_notification.base.zones import ZoneUnknown, zone_named
from property_alert_notification.people.directory.profile import FIELDS, Profile

LARGEST_ID = 2**63 - 1
LONGEST_NAME = 255
LONGEST_ADDRESS = 320

_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,4}")
_COUNTRY = re.compile(r"[A-Za-z]{2}")
_PATH = re.compile(r"[^.\s=,{}]+(\.[^.\s=,{}]+)*")

Normalise = Callable[[str, str], str | None]
"""The stored form of an address in the field `email` or `phone_number`; None if the address is invalid."""


class NotAProfile(Exception):
    """The answer is not a profile. The text gives the reason, and contains no value of the answer."""


@dataclass(frozen=True, slots=True)
class FieldPaths:
    """Where an answer has its fields."""

    of: Mapping[str, tuple[str, ...]]

    @classmethod
    def read(cls, text: str) -> Self:
        """Parse a setting such as `email=contact.email,id=`; a field that it does not name keeps its path.

        Raises:
            ValueError: the setting is invalid.
        """
        paths = {name: (name,) for name in _ADDRESSES + _OTHERS} | {"id": ("id",), "users": ()}
        for part in filter(None, map(str.strip, text.split(","))):
            name, equals, path = (word.strip() for word in part.partition("="))
            if not equals or name not in paths:
                raise ValueError(f"must be field=path with commas between, of the fields {', '.join(paths)}")
            if path and not _PATH.fullmatch(path):
                raise ValueError(f"{name}: a path is names with dots between, for example contact.{name}")
            paths[name] = tuple(path.split(".")) if path else ()
        return cls(paths)

    def value(self, document: Any, field: str) -> Any:
        """The value of a field of a document, or `ABSENT`. A field without a path is always absent."""
        path = self.of[field]
        for name in path:
            if not isinstance(document, dict) or name not in document:
                return ABSENT
            document = document[name]
        return document if path else ABSENT


_ADDRESSES = ("email", "phone_number")
_OTHERS = tuple(name for name in FIELDS[1:] if name not in _ADDRESSES)
ABSENT = object()


def read_document(body: bytes) -> Any:
    """The JSON of a body.

    Raises:
        NotAProfile: the body is not JSON.
    """
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        raise NotAProfile("is not JSON") from None


def read_profile(document: Any, user_id: int, paths: FieldPaths, normalise: Normalise) -> Profile:
    """The profile of a user in a document.

    Raises:
        NotAProfile: the document is not a profile, or is the profile of another user.
    """
    given = {field: paths.value(document, field) for field in FIELDS[1:]}
    if all(value is ABSENT for value in given.values()):
        raise NotAProfile("has none of the fields of a profile")
    found = _user_id(paths.value(document, "id"))
    if found is not None and found != user_id:
        raise NotAProfile("is about another user")
    texts = {field: None if value is ABSENT else value for field, value in given.items()}
    for field in _ADDRESSES:
        if not isinstance(texts[field], str | None):
            raise NotAProfile(f"has a value in {field} that is not text")
    addresses = {field: _address(texts[field], field, normalise) for field in _ADDRESSES}
    return Profile(user_id, **addresses, **{field: _OTHER_FIELDS[field](texts[field]) for field in _OTHERS})


def read_many(document: Any, paths: FieldPaths, normalise: Normalise) -> dict[int, Profile]:
    """The profiles in the answer to a bulk request. An entry that is not a profile is left out.

    Raises:
        NotAProfile: the answer has no list of users.
    """
    users = paths.value(document, "users") if paths.of["users"] else document
    if not isinstance(users, list):
        raise NotAProfile("has no list of users")
    return dict(_readable(users, paths, normalise))


def _readable(users: list[Any], paths: FieldPaths, normalise: Normalise) -> Iterator[tuple[int, Profile]]:
    for document in users:
        user_id = _user_id(paths.value(document, "id"))
        if user_id is not None:
            try:
                yield user_id, read_profile(document, user_id, paths, normalise)
            except NotAProfile:
                continue


def _user_id(value: Any) -> int | None:
    """The user id in a value, which is a number or its digits; None if it is neither."""
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= 19:
        value = int(value)
    return value if type(value) is int and 0 <= value <= LARGEST_ID else None


def _address(text: str | None, field: str, normalise: Normalise) -> str | None:
    text = (text or "").strip()
    return normalise(field, text) if 0 < len(text) <= LONGEST_ADDRESS and text.isprintable() else None


def _name(value: Any) -> str | None:
    text = value.strip() if isinstance(value, str) else ""
    return text if 0 < len(text) <= LONGEST_NAME and text.isprintable() else None


def _language(value: Any) -> str | None:
    return value if isinstance(value, str) and _LANGUAGE.fullmatch(value) else None


def _country(value: Any) -> str | None:
    return value.upper() if isinstance(value, str) and _COUNTRY.fullmatch(value) else None


def _time_zone(value: Any) -> str | None:
    try:
        return zone_named(value).key if isinstance(value, str) else None
    except ZoneUnknown:
        return None


_OTHER_FIELDS: Mapping[str, Callable[[Any], str | None]] = {
    "name": _name,
    "language": _language,
    "time_zone": _time_zone,
    "country": _country,
}
