"""Reads the file that `CATEGORIES_FILE` names: one table of TOML, or one object of JSON, for each category.

[price_drop]
kind = "promotional"
default = { email = "daily" }
message_ttl = "2d"
"""

import json
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from property_alert_notification.api.known_fields import without_unknown_names
from property_alert_notification.base.errors import ConfigurationError
from property_alert_notification.base.vocabulary import CATEGORY
from property_alert_notification.base.wording import of_plain_text
from property_alert_notification.people.categories.definition import CategoryDefinition, values_of
from property_alert_notification.people.categories.line_numbers import Place, in_json, in_toml, line_of
from property_alert_notification.people.categories.rules import BUILT_IN, Category

_LARGEST = 1024 * 1024
"""Bytes."""

_SHOWN = 5
"""How many problems one error message names."""


def configured_categories(file: str | None) -> Mapping[str, Category]:
    """The built-in categories, and those of the file, if there is one.

    Raises:
        ConfigurationError: the file is unreadable, or a category in it is invalid; the text names line and field.
    """
    return BUILT_IN if file is None else {**BUILT_IN, **_read(Path(file))}


def _read(path: Path) -> dict[str, Category]:
    text = _text(path)
    is_json = text.lstrip().startswith("{")
    content = _parsed(path, text, is_json=is_json)
    fields = list((in_json if is_json else in_toml)(text))
    lines = dict(reversed(fields))
    if is_json and (repeated := _first_repeated(fields)) is not None:
        raise _wrong(path, lines | {repeated[0]: repeated[1]}, repeated[0], "is defined twice")
    found: dict[str, Category] = {}
    problems: list[str] = []
    for name, values in content.items():
        try:
            found[name] = _category(name, values)
        except ValidationError as error:
            problems += [_located(path, lines, (name, *place), words) for place, words in _explained(error)]
        except (ValueError, TypeError) as error:
            problems.append(_located(path, lines, (name,), str(error)))
    if problems:
        raise ConfigurationError("; ".join(problems[:_SHOWN]))
    return found


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            content = file.read(_LARGEST + 1)
    except OSError as error:
        raise ConfigurationError(
            f"CATEGORIES_FILE: {path}: cannot be read ({error.strerror}). Make it a file that this user may read"
        ) from None
    if len(content) > _LARGEST:
        raise ConfigurationError(f"CATEGORIES_FILE: {path}: is larger than {_LARGEST // 1024} kB")
    try:
        return content.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError:
        raise ConfigurationError(f"CATEGORIES_FILE: {path}: is not UTF-8 text. Save it in UTF-8") from None


def _parsed(path: Path, text: str, *, is_json: bool) -> dict[str, Any]:
    try:
        content: dict[str, Any] = json.loads(text) if is_json else tomllib.loads(text)
    except json.JSONDecodeError as error:
        raise ConfigurationError(
            f"CATEGORIES_FILE: {path}, line {error.lineno}: is not valid JSON ({error.msg})"
        ) from None
    except tomllib.TOMLDecodeError as error:
        words = re.sub(r" \(at (?:line \d+, column \d+|end of document)\)$", "", str(error))
        line = re.search(r"\(at line (\d+)", str(error))
        where = f"line {line[1]}" if line else "its end"
        raise ConfigurationError(f"CATEGORIES_FILE: {path}, {where}: is not valid TOML ({words})") from None
    except RecursionError:
        raise ConfigurationError(f"CATEGORIES_FILE: {path}: nests brackets too deeply") from None
    return content


def _category(name: str, values: Any) -> Category:
    """The category of one table of the file. A built-in category keeps the fields that the file leaves out.

    Raises:
        ValueError, TypeError: the table is invalid.
    """
    if not re.fullmatch(CATEGORY, name):
        raise ValueError("cannot be the name of a category: up to 64 small letters, digits, - and _")
    if not isinstance(values, dict):
        raise TypeError(f'must have fields, for example: [{name}] and below it kind = "promotional"')
    built_in = BUILT_IN.get(name)
    known = {} if built_in is None else values_of(built_in)
    return CategoryDefinition.model_validate({**known, **values}).named(name)


def _explained(error: ValidationError) -> Iterator[tuple[Place, str]]:
    for one in without_unknown_names(error.errors()):
        # pydantic appends `[key]` to the location of an invalid key of a mapping.
        place = tuple(str(part) for part in one["loc"] if part != "[key]")
        yield place, str(one["msg"]) if one["type"] == "extra_forbidden" else of_plain_text(one)


def _first_repeated(fields: Sequence[tuple[Place, int]]) -> tuple[Place, int] | None:
    seen: set[Place] = set()
    for place, line in fields:
        if place in seen:
            return place, line
        seen.add(place)
    return None


def _located(path: Path, lines: Mapping[Place, int], place: Place, words: str) -> str:
    line = line_of(place, lines)
    where = f"{path}, line {line}" if line is not None else f"{path}"
    field = ".".join(part if part.isprintable() else "?" for part in place)
    return f"CATEGORIES_FILE: {where}: {field} {words}"


def _wrong(path: Path, lines: Mapping[Place, int], place: Place, words: str) -> ConfigurationError:
    return ConfigurationError(_located(path, lines, place, words))
