"""Builds the parts of webhooks from the settings."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from ipaddress import ip_network

from property_alert_notification.base.clock import Clock
from property_alert_notification.base.metrics import Metrics
from property_alert_notification.base.settings import Settings
from property_alert_notification.database import Database
from property_alert_notification.feedback.webhooks.networks import Network
from property_alert_notification.feedback.webhooks.secrets import SecretBox
from property_alert_notification.feedback.webhooks.sending.batch import SendingContext
from property_alert_notification.feedback.webhooks.sending.connections import EndpointConnections
from property_alert_notification.feedback.webhooks.sending.dispatcher import WebhookDispatcher
from property_alert_notification.feedback.webhooks.sending.verdict import Rules
from property_alert_notification.feedback.webhooks.service import WebhookRules


def webhook_rules(settings: Settings) -> WebhookRules:
    """The rules of endpoints."""
    return WebhookRules(SecretBox(settings.secrets), settings.is_local, _networks(settings))


def create_dispatcher(
    settings: Settings, database: Database, clock: Clock, metrics: Metrics, *, woken: asyncio.Event
) -> WebhookDispatcher:
    """What sends events to endpoints; `woken` is set when an event is due."""
    connections = EndpointConnections(
        clock,
        timeout=settings.webhook_timeout,
        is_local=settings.is_local,
        allowed=_networks(settings),
    )
    rules = Rules(timedelta(hours=settings.webhook_retry_hours), timedelta(days=settings.webhook_pause_days))
    context = SendingContext(
        database,
        clock,
        metrics,
        connections,
        SecretBox(settings.secrets),
        rules=rules,
        concurrency=settings.webhook_concurrency,
        timeout=timedelta(seconds=settings.webhook_timeout),
        stopping=asyncio.Event(),
    )
    return WebhookDispatcher(context, woken=woken)


def _networks(settings: Settings) -> Sequence[Network]:
    return [ip_network(one) for one in settings.webhook_networks.split(",") if one]
