"""Which version of a search a caller wants to change: that of `If-Match`, or that of the body. Pure."""

import re
from dataclasses import dataclass
from typing import Annotated, ClassVar

from fastapi import Depends, Header

from property_alert_notification.base.errors import Conflict, InvalidField, RequestError

_ETAG = re.compile(r'^(?P<weak>W/)?"(?P<version>[1-9][0-9]{0,9})"$')
_ANY = "*"


class PreconditionFailed(RequestError):
    """The header `If-Match` names another version than the current one (RFC 9110, 13.1.1)."""

    status: ClassVar[int] = 412
    title: ClassVar[str] = "Precondition failed"


@dataclass(frozen=True, slots=True)
class Expected:
    """The versions that a caller expects; None expects any."""

    by_header: frozenset[int] | None = None
    by_body: int | None = None

    def check(self, version: int) -> None:
        """Compare with the current version.

        Raises:
            Conflict: the body expects another one.
            PreconditionFailed: the header expects another one.
        """
        if self.by_header is not None and version not in self.by_header:
            raise PreconditionFailed(_changed(version))
        if self.by_body not in (None, version):
            raise Conflict(_changed(version))

    def or_of_body(self, version: int | None) -> "Expected":
        """The same with the version in the body."""
        return Expected(self.by_header, version)


def _changed(version: int) -> str:
    return f"The saved search was changed meanwhile: its current version is {version}. Read it, and repeat the change."


def etag_of(version: int) -> str:
    """The value of `ETag` and `If-Match` for a version."""
    return f'"{version}"'


def versions_in(header: str | None) -> frozenset[int] | None:
    """The versions that `If-Match` has; None if it has none, or any version will do.

    A weak tag matches no version: the comparison is the strong one (RFC 9110, 8.8.3.2).

    Raises:
        InvalidField: it has something else than an `ETag` of ours.
    """
    if header is None or header.strip() == _ANY:
        return None
    found = [_ETAG.match(tag.strip()) for tag in header.split(",")]
    if None in found:
        raise InvalidField(
            "If-Match", 'must be the ETag of an answer, for example "3", with its quotes', place="header"
        )
    return frozenset(int(one["version"]) for one in found if one is not None and not one["weak"])


async def _expected(
    if_match: Annotated[
        str | None,
        Header(
            description="The `ETag` of the version that the call is made to. If the search has another one by now, "
            "the call is answered 412 and changes nothing.",
            examples=['"1"'],
            max_length=200,
        ),
    ] = None,
) -> Expected:
    return Expected(versions_in(if_match))


ExpectedDep = Annotated[Expected, Depends(_expected)]
