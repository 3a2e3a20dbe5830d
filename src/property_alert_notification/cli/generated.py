"""`openapi`, `settings` and `reasons`: write the pages generated from the code, or report that they are out of date."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from property_alert_notification.base.errors import ConfigurationError

if TYPE_CHECKING:
    from property_alert_notification.base.settings import SettingsGroup

BEGIN = "<!-- settings: begin, written by `property-alerts settings` -->"
END = "<!-- settings: end -->"

Check = Annotated[bool, typer.Option("--check", help="Write nothing; exit with 1 when the file is out of date.")]


def openapi(
    check: Check = False, file: Annotated[Path, typer.Option(help="The file to write.")] = Path("docs/openapi.json")
) -> None:
    r"""Write the API's description, the same on every machine: it does not depend on settings.

    For example:

    `property-alerts openapi`\
    `property-alerts openapi --check`
    """
    from property_alert_notification.app import create_app
    from property_alert_notification.base.settings import Settings

    # Constructed, not loaded: the defaults alone, whatever the environment says.
    app = create_app(Settings.model_construct(), with_worker=False)
    _keep(file, json.dumps(app.openapi(), indent=2, ensure_ascii=False) + "\n", check=check, command="openapi")


def settings(
    check: Check = False, file: Annotated[Path, typer.Option(help="The file to write into.")] = Path("docs/settings.md")
) -> None:
    r"""Write the tables of all settings into docs/settings.md, from the classes that read them.

    For example:

    `property-alerts settings`\
    `property-alerts settings --check`
    """
    text = file.read_text(encoding="utf-8") if file.exists() else ""
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ConfigurationError(f"--file: {file} has no place for the tables, between the lines {BEGIN!r} and {END!r}")
    _keep(file, f"{before}{BEGIN}\n\n{_tables()}\n{END}{after}", check=check, command="settings")


def reasons(
    check: Check = False, file: Annotated[Path, typer.Option(help="The file to write.")] = Path("docs/reasons.md")
) -> None:
    r"""Write the table of all reason codes with their sentences.

    For example:

    `property-alerts reasons`\
    `property-alerts reasons --check`
    """
    from property_alert_notification.base.reasons import ReasonCode
    from property_alert_notification.base.reasons_in_english import SENTENCES

    rows = [f"| `{code}` | {_one_line(SENTENCES[code])} |" for code in ReasonCode]
    _keep(file, "\n".join([_ABOUT_REASONS, *rows, ""]), check=check, command="reasons")


_ABOUT_REASONS = """\
# Reason codes

Written by `property-alerts reasons` from `base/reasons_in_english.py`; do not edit it.

Every delivery and every ended attempt has a `reason_code`. A code keeps its meaning; programs compare codes. `reason`
is the same as a sentence for people, and its wording may change. Words in braces are parameters: `{detail}` is what the
provider, or the connection to it, said, and `{because}` is another reason's sentence.

| code | sentence |
|---|---|"""


def _keep(file: Path, content: str, *, check: bool, command: str) -> None:
    if file.exists() and file.read_text(encoding="utf-8") == content:
        typer.echo(f"{file} is current")
    elif check:
        typer.echo(f"{file} is out of date. Write it anew: property-alerts {command}", err=True)
        raise typer.Exit(1)
    elif not file.parent.is_dir():
        raise ConfigurationError(f"--file: there is no folder {file.parent}. Run this in the repository")
    else:
        file.write_text(content, encoding="utf-8")
        typer.echo(f"{file} is written")


def _tables() -> str:
    from property_alert_notification.preflight import all_settings_groups

    return "\n".join(_table(group) for group in all_settings_groups())


def _table(group: "type[SettingsGroup]") -> str:
    from property_alert_notification.base.settings import variable_name

    lines = [f"**{_heading(group)}.** {_one_line(group.__doc__)}", ""]
    lines += ["| variable | default | meaning |", "|---|---|---|"]
    for name, field in group.model_fields.items():
        lines.append(f"| `{variable_name(group, name)}` | {_default(field)} | {_one_line(field.description)} |")
    return "\n".join([*lines, ""])


def _heading(group: "type[SettingsGroup]") -> str:
    """The setting that chooses what this group belongs to: `EMAIL_PROVIDER=smtp` for `SmtpSettings`."""
    from property_alert_notification.base.vocabulary import Channel
    from property_alert_notification.channels.registry import names

    module, name = group.__module__.rpartition(".")[2], group.__name__.removesuffix("Settings")
    for channel in Channel:
        for provider in names(channel):
            if module == f"{channel}_{provider}" or name.lower() == provider:
                return f"`{channel.upper()}_PROVIDER={provider}`"
    return name or "Service"


def _default(field: Any) -> str:
    from datetime import datetime

    from pydantic import SecretStr

    from property_alert_notification.base.times import in_words

    if field.is_required():
        return "required"
    value = field.default
    if value is None or value in ("", frozenset()) or isinstance(value, SecretStr):
        return "none"
    if isinstance(value, datetime):
        return f"`{in_words(value)}`"
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


def _one_line(text: str | None) -> str:
    return " ".join((text or "").split()).replace("|", "\\|")
