"""Reads groups of settings from the environment and the file, and explains a value that cannot be used."""

import os
import re
from collections.abc import Sequence
from functools import cache
from typing import Any, TypeVar, cast

from pydantic import ValidationError

from property_alert_notification.base.errors import ConfigurationError
from property_alert_notification.base.settings.env_file import env_file, read_env_file
from property_alert_notification.base.settings.groups import SettingsGroup
from property_alert_notification.base.vocabulary import Environment
from property_alert_notification.base.wording import of_plain_text

Group = TypeVar("Group", bound=SettingsGroup)


def load(group: type[Group], instance: str | None = None) -> Group:
    """Read one group of settings; `instance` names a second provider of the same kind.

    Raises:
        ConfigurationError: a value cannot be used; one line that names the variable, the problem and an example.
    """
    _check_instance(group, instance)
    try:
        return group(_env_prefix=_prefix(group, instance))
    except ValidationError as error:
        raise ConfigurationError("; ".join(_explain(group, instance, problem) for problem in error.errors())) from None


def load_only(group: type[Group], fields: Sequence[str], instance: str | None = None) -> Group:
    """Read some fields of a group: the others need not be set, and the result does not have them.

    Raises:
        ConfigurationError: a value of these fields cannot be used.
    """
    _check_instance(group, instance)
    return load(cast(type[Group], _part(group, tuple(fields))), instance)


@cache
def _part(group: type[SettingsGroup], fields: tuple[str, ...]) -> type[SettingsGroup]:
    """A group of these fields alone; made once, for pydantic takes milliseconds to prepare it."""
    infos = {name: group.model_fields[name] for name in fields}
    return type(
        group.__name__,
        (SettingsGroup,),
        {
            **infos,
            "__annotations__": {name: info.annotation for name, info in infos.items()},
            "__module__": group.__module__,
            "model_config": group.model_config,
        },
    )


def given_instances(group: type[SettingsGroup], field: str) -> list[str | None]:
    """The instances for which a field is set; None is the provider without a name of its own."""
    before, after = variable_name(group, field, "?").split("?")
    pattern = re.compile(rf"{before.removesuffix('_')}_(?:(\w+)_)?{after.removeprefix('_')}")
    given = {name.upper() for names in given_names() for name in names}
    found = (pattern.fullmatch(name) for name in sorted(given))
    return [None if one[1] is None else one[1].lower() for one in found if one is not None]


def given_names() -> tuple[list[str], list[str]]:
    """The names of all variables, in the environment and in the file, whether they are settings or not.

    Raises:
        ConfigurationError: the file cannot be read.
    """
    return list(os.environ), list(read_env_file(env_file()).values)


def variable_name(group: type[SettingsGroup], field: str, instance: str | None = None) -> str:
    """The environment variable that sets `field`, of the instance with this name."""
    return f"{_prefix(group, instance)}{field}".upper()


def _prefix(group: type[SettingsGroup], instance: str | None) -> str:
    prefix = group.model_config.get("env_prefix", "")
    return prefix if instance is None else f"{prefix}{instance}_"


def _check_instance(group: type[SettingsGroup], instance: str | None) -> None:
    """No variable may mean two things: `SMTP_FINAL_TIMEOUT` is no setting of `smtp@final`."""
    if instance is None:
        return
    taken = {variable_name(group, field) for field in group.model_fields}
    for field in group.model_fields:
        if (variable := variable_name(group, field, instance)) in taken:
            raise ConfigurationError(f"{variable}: means something else already. Give {instance!r} another name")


def _explain(group: type[SettingsGroup], instance: str | None, problem: Any) -> str:
    field = str(problem["loc"][0]) if problem["loc"] else ""
    if field not in group.model_fields:
        return f"settings: {of_plain_text(problem)}"
    info = group.model_fields[field]
    example = info.examples[0] if info.examples else info.get_default()
    example = example.value if isinstance(example, Environment) else example
    variable = variable_name(group, field, instance)
    return f"{variable}: {of_plain_text(problem)}. Example: {variable}={example}"
