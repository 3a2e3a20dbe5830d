"""All tables of this version, as the models have them."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import MetaData, UniqueConstraint
from sqlmodel import SQLModel

from property_alert_notification.api.access import models as access
from property_alert_notification.api.idempotency import models as idempotency
from property_alert_notification.channels.mailbox import models as mailbox
from property_alert_notification.channels.sns_certificates import models as sns_certificates
from property_alert_notification.deliveries import models as deliveries
from property_alert_notification.deliveries.reports import models as reports
from property_alert_notification.deliveries.windows import models as windows
from property_alert_notification.events import models as events
from property_alert_notification.feedback.replies import models as replies
from property_alert_notification.homes.alerts import models as alerts
from property_alert_notification.homes.feeds import models as feeds
from property_alert_notification.homes.listing_preferences import models as listing_preferences
from property_alert_notification.homes.listings import models as listings
from property_alert_notification.homes.properties import models as properties
from property_alert_notification.homes.saved_searches import models as saved_searches
from property_alert_notification.notifications import models as notifications
from property_alert_notification.notifications.schedules import models as schedules
from property_alert_notification.operators.pauses import models as pauses
from property_alert_notification.operators.providers import models as channels
from property_alert_notification.people.caps import models as caps
from property_alert_notification.people.categories import models as categories
from property_alert_notification.people.consent import models as consent
from property_alert_notification.people.directory import models as directory
from property_alert_notification.people.erasures import models as erasures
from property_alert_notification.people.preferences import models as preferences
from property_alert_notification.people.suppressions import models as suppressions

MODELS = (
    access,
    alerts,
    caps,
    categories,
    channels,
    consent,
    deliveries,
    directory,
    erasures,
    events,
    feeds,
    idempotency,
    listing_preferences,
    listings,
    mailbox,
    notifications,
    pauses,
    preferences,
    properties,
    replies,
    reports,
    saved_searches,
    schedules,
    sns_certificates,
    suppressions,
    windows,
)
"""Importing them registers their tables."""

VERSION_TABLE = "alembic_version"
"""Where Alembic keeps the revision of a store."""

METADATA = SQLModel.metadata


@dataclass(frozen=True, slots=True)
class Shape:
    """The names of what a schema consists of."""

    columns: Mapping[str, frozenset[str]]
    """Those of each table."""
    unique: frozenset[str]
    """Primary keys and unique constraints: without them the same row could be added twice."""
    indexes: frozenset[str]
    """All other indexes: without them statements are slow."""


def shape_of(metadata: MetaData) -> Shape:
    """The shape of these tables."""
    tables = [table for table in metadata.sorted_tables if table.name != VERSION_TABLE]
    return Shape(
        columns={table.name: frozenset(column.name for column in table.columns) for table in tables},
        unique=frozenset(
            str(constraint.name)
            for table in tables
            for constraint in (table.primary_key, *table.constraints)
            if constraint is table.primary_key or isinstance(constraint, UniqueConstraint)
        ),
        indexes=frozenset(str(index.name) for table in tables for index in table.indexes),
    )
