"""What several commands have: options, and the form of a group."""

from typing import Annotated

import typer


def command_group(text: str, *, start: str) -> typer.Typer:
    """A group of commands; `start` is the command that its help recommends to begin with."""
    return typer.Typer(
        help=text,
        epilog=f"Start with: property-alerts {start}",
        no_args_is_help=True,
        rich_markup_mode="markdown",
    )


AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for machines: times are UTC.")]
