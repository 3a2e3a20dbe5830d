"""`check` and `health`: whether everything that is needed is there, and what to do when it is not."""

import asyncio
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from property_alert_notification.base.errors import (
    BrokerUnavailable,
    ConfigurationError,
    SendError,
    StoreUnavailable,
    Unavailable,
)
from property_alert_notification.cli.domain import find_needs

if TYPE_CHECKING:
    from property_alert_notification.base.clock import Clock
    from property_alert_notification.base.settings import Settings
    from property_alert_notification.base.vocabulary import Channel
    from property_alert_notification.channels.base import Tools
    from property_alert_notification.database import Database

LONGEST_QUESTION = 10.0
"""Seconds after which a part that gave no answer counts as unreachable."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What one part answered."""

    part: str
    well: bool
    words: str
    """What answered, or what to fix."""


def check(
    domain: Annotated[
        str | None, typer.Option(help="Ask DNS whether emails from this domain will be welcome; checks nothing else.")
    ] = None,
    nameserver: Annotated[
        str | None, typer.Option(help="With --domain: the DNS server to ask, as 9.9.9.9 or 127.0.0.1:5353.")
    ] = None,
    address: Annotated[
        list[str] | None, typer.Option(help="With --domain: an address from which emails leave; may be repeated.")
    ] = None,
) -> None:
    r"""Check settings, store, broker and every provider. Sends nothing.

    Exits with 1 when something is wrong, and says what to fix. With `--domain` it says what SPF, DKIM, DMARC, MX and
    reverse DNS of a domain still need, and prints the records to publish.

    For example:

    `property-alerts check`\
    `DATABASE_URL=postgresql://alerts:secret@db/alerts property-alerts check`\
    `property-alerts check --domain example.com`
    """
    import logging

    from property_alert_notification.base import logs
    from property_alert_notification.preflight import load_settings

    # The table shows what the parts and their libraries would log.
    logs.configure(level="critical", as_json=False)
    logging.disable()
    if domain is not None:
        find_needs(domain, nameserver, address or [])
        return
    if nameserver or address:
        raise ConfigurationError("--domain: needed with --nameserver and --address. Example: --domain example.com")
    try:
        settings = load_settings()
    except ConfigurationError as error:
        findings: Sequence[Finding] = [Finding("settings", False, str(error))]
    else:
        findings = asyncio.run(_ask_all(settings))
    show(findings)
    if not all(finding.well for finding in findings):
        raise typer.Exit(1)


def health(
    url: Annotated[str, typer.Option(help="The address of the service; takes precedence over --port.")] = "",
    port: Annotated[int, typer.Option(min=1, max=65_535, help="Its port on this machine.")] = 8000,
    ready: Annotated[bool, typer.Option("--ready", help="Also check that it can accept notifications now.")] = False,
) -> None:
    r"""Ask a running service whether it is alive; exits with 0 or 1, for container health checks.

    For example:

    `property-alerts health`\
    `property-alerts health --port 9464`\
    `property-alerts health --url http://10.0.0.5:8000 --ready`
    """
    import http.client
    import urllib.error
    import urllib.request

    address = f"{url.rstrip('/') or f'http://127.0.0.1:{port}'}/health/{'ready' if ready else 'live'}"
    if not address.startswith(("http://", "https://")):
        raise ConfigurationError("--url: must start with http:// or https://. Example: --url http://127.0.0.1:8000")
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(address, timeout=4) as response:
            typer.echo(response.read().decode())
    except urllib.error.HTTPError as refusal:
        typer.echo(f"{address} answers {refusal.code}: {refusal.read().decode(errors='replace')}", err=True)
        raise typer.Exit(1) from None
    except (OSError, http.client.HTTPException) as fault:
        typer.echo(f"{address} does not answer: {getattr(fault, 'reason', fault)}", err=True)
        raise typer.Exit(1) from None


async def _ask_all(settings: "Settings") -> Sequence[Finding]:
    from property_alert_notification import wiring
    from property_alert_notification.base.console import announce
    from property_alert_notification.base.vocabulary import Channel
    from property_alert_notification.channels.base import Tools
    from property_alert_notification.channels.registry import chosen
    from property_alert_notification.cli.store import PATIENCE
    from property_alert_notification.database import Database

    database = Database(settings.database_url, wait=PATIENCE, may_make=False)
    clock = database.clock
    makes_store = settings.is_local and database.is_missing
    tools = Tools(settings, database, clock, announce)
    try:
        async with wiring.create_broker(settings, database, clock) as broker:
            findings = await asyncio.gather(
                _ask("settings", _ask_settings(settings)),
                _ask("store", _ask_store(database, settings)),
                _ask("broker", _ask_broker(broker.check(), settings), makes_store=makes_store),
                _ask("user service", _ask_user_service(settings, clock)),
                *[_ask(str(channel), _not_used(channel)) for channel in Channel if not chosen(channel, settings)],
                *[
                    _ask(f"{channel} by {provider}", _ask_sender(channel, provider, tools), makes_store=makes_store)
                    for channel in Channel
                    for provider in chosen(channel, settings)
                ],
            )
        return [*findings, *await _left_alone(database, clock)]
    finally:
        await database.close()


async def _left_alone(database: "Database", clock: "Clock") -> list[Finding]:
    """Providers that answer here, and that workers leave alone all the same; none while the store is away."""
    from property_alert_notification.operators.providers import queries

    try:
        async with database.reading() as connection:
            reasons = await queries.left_alone(connection, now=clock.now())
    except StoreUnavailable:
        return []
    return [Finding(f"{part}, as workers find it", False, reason) for part, reason in reasons.items()]


async def _not_used(channel: "Channel") -> str:
    return f"not used ({channel.upper()}_PROVIDER=none)"


async def _ask(part: str, question: Awaitable[str], *, makes_store: bool = False) -> Finding:
    """Ask one part; `makes_store`: the next start creates the store that a part may need."""
    try:
        async with asyncio.timeout(LONGEST_QUESTION):
            return Finding(part, True, await question)
    except TimeoutError:
        return Finding(part, False, f"gave no answer within {LONGEST_QUESTION:.0f} seconds")
    except (ConfigurationError, SendError) as error:
        return Finding(part, False, str(error))
    except StoreUnavailable:
        words = "works as soon as the store is made" if makes_store else "needs the store: see there"
        return Finding(part, makes_store, words)
    except Unavailable as fault:
        return Finding(part, False, fault.detail)


async def _ask_settings(settings: "Settings") -> str:
    from property_alert_notification.preflight import check_together

    check_together(settings)
    return f"ENVIRONMENT={settings.environment}"


async def _ask_store(database: "Database", settings: "Settings") -> str:
    from property_alert_notification.cli.store import explain, full
    from property_alert_notification.database import migrations
    from property_alert_notification.database.clock_watch import why_clock_differs
    from property_alert_notification.preflight import check_store_file

    check_store_file(settings.database_url)
    try:
        judgement = await migrations.examine(database, thorough=True)
    except StoreUnavailable as fault:
        raise ConfigurationError(explain(fault, settings.database_url)) from None
    name = full(settings.database_url)
    if judgement.condition is migrations.Condition.OLD and settings.is_local and judgement.read_only is None:
        answers = "is not there yet" if database.is_missing else "answers"
        return f"{name} {answers}, the next start brings its schema up to date"
    if not judgement.works or judgement.missing_indexes:
        raise ConfigurationError(f"DATABASE_URL: {name} {judgement.why_not}")
    words = judgement.words if judgement.warns else "answers, its schema is current"
    differs = why_clock_differs(database.clock)
    return f"{name} {words}. {differs}" if differs else f"{name} {words}"


async def _ask_broker(question: Awaitable[None], settings: "Settings") -> str:
    try:
        await question
    except BrokerUnavailable as fault:
        fix = "QUEUE_BROKER_URL: start RabbitMQ or correct the address; embedded:// needs no RabbitMQ"
        raise BrokerUnavailable(f"{fault.detail.rstrip('.')}. {fix}") from None
    if settings.queue_broker_url.startswith("embedded"):
        return "embedded: the table of due deliveries is the queue"
    return "RabbitMQ confirms what is published"


async def _ask_user_service(settings: "Settings", clock: "Clock") -> str:
    from property_alert_notification import wiring
    from property_alert_notification.base.settings import load
    from property_alert_notification.people.directory.settings import UserServiceSettings

    service = wiring.create_user_service(settings, load(UserServiceSettings), clock)
    if service is None:
        return "not used (USER_SERVICE_URL is not set): callers give the addresses"
    try:
        return await service.check()
    finally:
        await service.close()


async def _ask_sender(channel: "Channel", provider: str, tools: "Tools") -> str:
    from property_alert_notification.channels.registry import create_sender

    sender = create_sender(channel, provider, tools)
    try:
        return await sender.check()
    finally:
        await sender.close()


def show(findings: Sequence[Finding]) -> None:
    """Print one line for each part, then one for each that is wrong."""
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console()
    well, wrong = ("✓", "✗") if console.encoding.startswith("utf") else ("+", "x")
    table = Table(box=box.SIMPLE, show_header=False)
    for finding in findings:
        mark = Text(well, "green") if finding.well else Text(wrong, "red")
        table.add_row(mark, finding.part, Text(finding.words if finding.well else "see below"))
    console.print(table)
    for finding in findings:
        if not finding.well:
            # One line each, however long: it may be searched for.
            console.print(Text(f"{wrong} {finding.part}: {finding.words}"), soft_wrap=True)
