"""The certificates of SNS in the store: few, which are read once by each process."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from property_alert_notification.channels.sns_certificates import queries
from property_alert_notification.database import Database

MOST = 16
"""Certificates that are kept."""


class KeptCertificates(Protocol):
    """Certificates that verified messages, as PEM."""

    async def read(self) -> Mapping[str, bytes]:
        """All of them by URL, the newest first."""

    async def keep(self, url: str, certificate: bytes, now: datetime) -> None:
        """Add one."""


@dataclass(frozen=True, slots=True)
class StoredCertificates:
    """Those of all processes."""

    database: Database

    async def read(self) -> Mapping[str, bytes]:
        """All of them by URL, the newest first."""
        async with self.database.reading() as connection:
            found = await queries.newest(connection, limit=MOST)
        return {url: certificate.encode() for url, certificate in found.items()}

    async def keep(self, url: str, certificate: bytes, now: datetime) -> None:
        """Add one, in place of the oldest if there are many."""
        async with self.database.transaction() as connection:
            await queries.put(connection, url, certificate.decode("ascii"), now=now, keep=MOST)
