"""The picture of a home that its listing shows first. Pure."""

from collections.abc import Iterable, Mapping
from math import inf
from typing import Any

from property_alert_notification.homes.reso import texts, values
from property_alert_notification.homes.reso.words import squash

_NOT_PUBLIC = frozenset({"private", "agentonly", "firmonly", "officeonly"})
"""Permissions of media that are not for the public."""

_OF_HOMES = frozenset({"photo", "photos", "image", "images", "picture", "propertyphoto", "propertyphotos"})
"""Categories of pictures of homes. Others are of agents, or are documents, videos and plans."""


def first_picture(value: Any) -> list[Any] | None:
    """The first picture among the media of a record that the public may see, as a list of one; None if there is none.

    To keep all of them would multiply what a listing takes.

    Raises:
        ValueError: these are no media.
    """
    if not isinstance(value, dict | list):
        raise ValueError("must be a list of objects, each with its MediaURL")  # noqa: TRY004 - a wrong value
    media = [one for one in ([value] if isinstance(value, dict) else value) if isinstance(one, dict)]
    first = next(filter(_is_shown, sorted(media, key=_order)), None)
    return None if first is None else [first]


def _is_shown(one: Mapping[str, Any]) -> bool:
    permissions, category = _words(one.get("Permission")), _words(one.get("MediaCategory"))
    return not (permissions and permissions <= _NOT_PUBLIC) and category <= _OF_HOMES


def _words(value: Any) -> frozenset[str]:
    try:
        found: Iterable[str] = texts.words_of(value) or ()
    except ValueError:
        return frozenset({"?"})
    return frozenset(map(squash, found))


def _order(one: Mapping[str, Any]) -> float:
    try:
        found = values.number(one.get("Order"))
    except ValueError:
        found = None
    return inf if found is None else found
