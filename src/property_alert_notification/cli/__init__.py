"""Implements the `property-alerts` command.

Each command imports what it needs when it runs, so that `--help` and `health` answer at once.
"""

import sys
from pathlib import Path
from typing import Annotated

import typer

from property_alert_notification.base.console import complain, finish_streams, prepare_streams
from property_alert_notification.base.errors import ConfigurationError, ServiceError
from property_alert_notification.base.logs import origin
from property_alert_notification.cli import (
    feed,
    generated,
    inspection,
    keys,
    notifications,
    pausing,
    preferences,
    processes,
    properties,
    providers,
    quarantine,
    replies,
    schedules,
    schema,
    suppressions,
    tour,
    users,
    webhooks,
)

WRONG_SETTING = 2
"""Exit code when a setting or an option has to be changed before it can work."""

OUR_FAULT = 70
"""Exit code of what should not happen (EX_SOFTWARE)."""

app = typer.Typer(
    help="Notify the users of real-estate services by email and SMS.\n\n"
    "Start with `property-alerts dev`, then `property-alerts demo` in another terminal.",
    epilog="Details and examples of a command: property-alerts COMMAND --help",
    no_args_is_help=True,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
)

app.command("dev", rich_help_panel="Run")(processes.dev)
app.command("api", rich_help_panel="Run")(processes.api)
app.command("worker", rich_help_panel="Run")(processes.worker)
app.command("matcher", rich_help_panel="Run")(processes.matcher)
app.command("migrate", rich_help_panel="Run")(schema.migrate)
app.command("check", rich_help_panel="Look")(inspection.check)
app.command("health", rich_help_panel="Look")(inspection.health)
app.command("providers", rich_help_panel="Look")(providers.providers)
app.add_typer(notifications.app, name="notifications", rich_help_panel="Look")
app.add_typer(users.app, name="users", rich_help_panel="Look")
app.add_typer(preferences.app, name="preferences", rich_help_panel="Look")
app.add_typer(feed.app, name="feed", rich_help_panel="Look")
app.command("webhooks", rich_help_panel="Look")(webhooks.webhooks)
app.command("pause", rich_help_panel="Intervene")(pausing.pause)
app.command("resume", rich_help_panel="Intervene")(pausing.resume)
app.command("pauses", rich_help_panel="Intervene")(pausing.pauses)
app.add_typer(quarantine.app, name="quarantine", rich_help_panel="Intervene")
app.add_typer(schedules.app, name="schedules", rich_help_panel="Intervene")
app.add_typer(suppressions.app, name="suppressions", rich_help_panel="Intervene")
app.add_typer(replies.app, name="replies", rich_help_panel="Intervene")
app.add_typer(properties.app, name="properties", rich_help_panel="Intervene")
app.add_typer(keys.app, name="keys", rich_help_panel="Manage access")
app.command("audit", rich_help_panel="Manage access")(keys.audit)
app.command("demo", rich_help_panel="Look")(tour.demo)
app.command("openapi", rich_help_panel="Work on this project")(generated.openapi)
app.command("reasons", rich_help_panel="Work on this project")(generated.reasons)
app.command("settings", rich_help_panel="Work on this project")(generated.settings)


def _print_version(wanted: bool) -> None:
    if wanted:
        from property_alert_notification import __version__

        typer.echo(f"property-alerts {__version__}")
        raise typer.Exit


@app.callback()
def options(
    env_file: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Read the settings from this file instead of `.env`. Environment variables take precedence.",
        ),
    ] = None,
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """The options before a command."""
    if env_file is not None:
        from property_alert_notification.base.settings.env_file import use_env_file

        use_env_file(env_file)


def main() -> None:
    """Run the command line; an error is reported in one line, without a traceback."""
    prepare_streams()
    try:
        app(prog_name="property-alerts")
    except ConfigurationError as error:
        complain(f"error: {error}")
        sys.exit(WRONG_SETTING)
    except ServiceError as error:
        complain(f"error: {error}")
        sys.exit(1)
    except OSError as error:
        complain(f"error: {'the output' if error.filename is None else error.filename}: {error.strerror or error}")
        sys.exit(1)
    except Exception as error:
        # Not its text: it may hold what is secret.
        complain(f"error: a fault of this program, {' at '.join(origin(error).values())}. Please report it")
        sys.exit(OUR_FAULT)
    finally:
        finish_streams()
