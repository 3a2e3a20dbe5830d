"""The kinds of fields that several calls have, and what each may hold."""

import re
from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, BeforeValidator, Field

from property_alert_notification.base.printable import is_printable

INT64_MAX = 2**63 - 1

_Json = TypeVar("_Json")
_LINE_BREAK = re.compile("[\t\n\r\x85\u2028\u2029]")


def _printable(value: _Json) -> _Json:
    if not is_printable(value):
        raise ValueError("must not contain control characters or unpaired surrogates")
    return value


def _one_line(text: str) -> str:
    if _LINE_BREAK.search(text):
        raise ValueError("must be one line")
    return text


def _no_truth_value(number: Any) -> Any:
    """`true` would pass for 1, and another user would be notified."""
    if isinstance(number, bool):
        raise ValueError("must be an integer")  # noqa: TRY004 - pydantic takes a TypeError for a fault of ours
    return number


Text = Annotated[str, AfterValidator(_printable)]
Object = Annotated[dict[str, Any], AfterValidator(_printable)]
"""Any object of JSON."""
Line = Annotated[Text, AfterValidator(_one_line)]
UserId = Annotated[int, Field(ge=0, le=INT64_MAX), BeforeValidator(_no_truth_value)]
Address = Annotated[Line, Field(min_length=1, max_length=320)]
