"""Every statement about certificates of SNS."""

from datetime import datetime

from sqlalchemy import delete, select

# Its words for conflicts are SQLite's too.
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from property_alert_notification.channels.sns_certificates.models import SnsCertificate
from property_alert_notification.database import table_of

_certificates = table_of(SnsCertificate)
_NEWEST_FIRST = _certificates.c.verified_at.desc(), _certificates.c.url


async def newest(connection: AsyncConnection, *, limit: int) -> dict[str, str]:
    """The certificates that verified their first messages last, by URL; the last one first."""
    asked = select(_certificates.c.url, _certificates.c.certificate).order_by(*_NEWEST_FIRST).limit(limit)
    return {row[0]: row[1] for row in await connection.execute(asked)}


async def put(connection: AsyncConnection, url: str, certificate: str, *, now: datetime, keep: int) -> None:
    """Store a certificate, and forget the oldest ones until at most `keep` are left."""
    wanted = insert(_certificates).values(url=url, certificate=certificate, verified_at=now)
    changed = {"certificate": wanted.excluded.certificate, "verified_at": wanted.excluded.verified_at}
    await connection.execute(wanted.on_conflict_do_update(index_elements=["url"], set_=changed))
    kept = select(_certificates.c.url).order_by(*_NEWEST_FIRST).limit(keep)
    await connection.execute(delete(_certificates).where(_certificates.c.url.not_in(kept)))
