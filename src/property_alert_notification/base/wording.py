"""Describes what is wrong with a field and what to send instead. Pure.

pydantic says what it checked. The types of its errors are part of the API and stay as they are; its sentences do not.
"""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BeforeValidator
from pydantic_core import PydanticCustomError, PydanticKnownError

_WHOLE = "must be a whole number, for example 1"
_TIME = "must be RFC 3339 with an offset, for example 2026-11-24T09:00:00+01:00"
_ID = "must be an id as an answer gave it, for example 019aa5c4-52c1-7c63-b0b5-95ecb5d8a1f0"
_OBJECT = "must be a JSON object: {{…}}"
_TRUTH = "must be true or false, without quotes: a word or a number is not taken for one"

_SENTENCES: Mapping[str, str] = {
    "missing": "is required",
    "json_invalid": "is not JSON: {error}",
    "string_type": "must be a text in quotes",
    "string_unicode": "must be valid Unicode",
    "string_too_short": "must have {min_length} or more characters",
    "string_too_long": "must have {max_length} or fewer characters",
    "string_pattern_mismatch": "must match the pattern {pattern}",
    "int_type": _WHOLE,
    "int_parsing": _WHOLE,
    "int_from_float": _WHOLE,
    "int_parsing_size": "is too large a number",
    "greater_than": "must be more than {gt}",
    "less_than": "must be less than {lt}",
    "greater_than_equal": "must be {ge} or more",
    "less_than_equal": "must be {le} or less",
    "bool_type": _TRUTH,
    "bool_parsing": _TRUTH,
    "list_type": "must be a list: […]",
    "too_short": "must have {min_length} or more {unit}",
    "too_long": "must have {max_length} or fewer {unit}",
    "enum": "must be one of {expected}",
    "literal_error": "must be one of {expected}",
    "uuid_type": _ID,
    "uuid_parsing": _ID,
    "uuid_version": _ID,
    "datetime_type": _TIME,
    "datetime_parsing": _TIME,
    "datetime_from_date_parsing": _TIME,
    "datetime_object_invalid": _TIME,
    "timezone_aware": "needs an offset, for example 2026-11-24T09:00:00+01:00",
    "model_type": _OBJECT,
    "model_attributes_type": _OBJECT,
    "dict_type": _OBJECT,
}

FIRST_VERSION = frozenset({"missing", "bool_parsing"})
"""Errors about preferences that keep the sentences of the first version; a hint beside them describes what to do."""


def in_words(error: Mapping[str, Any]) -> str:
    """What to give instead, for one of pydantic's errors with its context."""
    sentence = _SENTENCES.get(error["type"])
    if sentence is None:
        # What our own validators say follows these words.
        return str(error["msg"]).removeprefix("Value error, ").replace("Input should be", "must be")
    context = error.get("ctx") or {}
    return sentence.format(**{"unit": "entries" if context.get("field_type") == "List" else "characters"} | context)


_PLAIN: Mapping[str, str] = {
    "bool_parsing": "must be true or false",
    "int_parsing": "must be a whole number",
    "float_parsing": "must be a number",
}


def of_plain_text(error: Mapping[str, Any]) -> str:
    """The same for a value that is not JSON: a setting, or an option of a command."""
    return _PLAIN.get(error["type"]) or in_words(error)


def _no_word_or_number(value: Any) -> Any:
    """What the first version took for a truth value, although it is none. What it refused keeps its sentence."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return value
    if isinstance(value, str) and value.lower() not in _ONCE_TAKEN:
        raise PydanticKnownError("bool_parsing")
    raise PydanticCustomError("bool_parsing", _TRUTH)


_ONCE_TAKEN = {"0", "1", "f", "false", "n", "no", "off", "on", "t", "true", "y", "yes"}

Truth = Annotated[bool, BeforeValidator(_no_word_or_number)]
"""`true` and `false` and nothing else: a consent must not be guessed."""
