"""Time zones by their IANA names. `ZoneName` is the type of every such field that a caller gives."""

import re
from functools import lru_cache
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_+-]*(/[A-Za-z0-9_+-]+)*")
_OF_A_MACHINE = ("localtime", "posixrules", "posix/", "right/", "Factory")
"""Files beside the zones that mean something else on every machine, or nothing."""


class ZoneUnknown(ValueError):
    """No time zone has this name."""

    def __init__(self) -> None:
        super().__init__("must be an IANA time zone, for example Europe/Berlin or America/New_York")


@lru_cache(1024)
def zone_named(name: str) -> ZoneInfo:
    """The time zone with this name.

    Raises:
        ZoneUnknown: there is none.
    """
    if not _NAME.fullmatch(name) or name.startswith(_OF_A_MACHINE):
        raise ZoneUnknown
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # OSError for the name of a folder
        raise ZoneUnknown from None


def _check(name: str) -> str:
    zone_named(name)
    return name


ZoneName = Annotated[str, Field(max_length=64, examples=["America/New_York"]), AfterValidator(_check)]
"""An IANA name that a caller may give."""
