"""The help teaches: each command explains itself with an example."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer.main
from typer.testing import CliRunner

from property_alert_notification import __version__
from property_alert_notification.cli import app
from tests.cli.command import run, words
from tests.services.program import ROOT


def _commands(command: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    below = getattr(command, "commands", {})
    if not below:
        yield path
    for name, child in below.items():
        yield from _commands(child, (*path, name))


@pytest.mark.parametrize("path", list(_commands(typer.main.get_command(app))), ids=" ".join)
def test_the_help_of_every_command_shows_an_example(path: tuple[str, ...]) -> None:
    shown = CliRunner().invoke(app, [*path, "--help"], env={"COLUMNS": "200"}, prog_name="property-alerts")

    assert shown.exit_code == 0
    assert f"For example: property-alerts {' '.join(path)}" in words(shown.output)
    assert re.search(r"For example: *\n *\n property-alerts \S", shown.output)


def test_the_help_lists_every_command(tmp_path: Path) -> None:
    done = run(tmp_path, "--help")

    assert done.returncode == 0
    running, looking, stepping_in, letting_in = (
        ("dev", "api", "worker", "migrate"),
        ("check", "health", "notifications"),
        ("pause", "resume", "pauses", "quarantine"),
        ("keys", "audit"),
    )
    for name in (*running, *looking, *stepping_in, *letting_in, "demo", "openapi", "settings"):
        assert f" {name} " in done.stdout


def test_readme_lists_every_command() -> None:
    section = (ROOT / "README.md").read_text().partition("## The command line")[2].partition("\n## ")[0]
    listed = {word for row in re.findall(r"^\| (.*?) \|", section, re.MULTILINE) for word in re.findall(r"`(\w+)", row)}

    assert {path[0] for path in _commands(typer.main.get_command(app))} <= listed


def test_the_version(tmp_path: Path) -> None:
    assert run(tmp_path, "--version").stdout == f"property-alerts {__version__}\n"


@pytest.mark.parametrize("library", ["sqlalchemy", "pydantic", "fastapi", "numpy"])
def test_the_command_starts_without_what_only_some_of_its_subcommands_need(library: str) -> None:
    load = f"import sys, property_alert_notification.cli; sys.exit({library!r} in sys.modules)"

    assert subprocess.run([sys.executable, "-c", load], check=False).returncode == 0
