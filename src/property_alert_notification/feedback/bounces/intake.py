"""Takes the mails of both sources, and applies their reports like those of callbacks."""

import asyncio
from collections.abc import Sequence

import structlog

from property_alert_notification.base.logs import origin
from property_alert_notification.base.metrics import Metrics
from property_alert_notification.base.vocabulary import Channel
from property_alert_notification.feedback.bounces.event import MailOutcome, MailReader, ReadMail, ReceivedMail
from property_alert_notification.feedback.reports.intake import ReportIntake
from property_alert_notification.feedback.reports.rules import BY_MAIL

log = structlog.get_logger()


class BounceIntake:
    """Takes mails for one worker."""

    def __init__(self, reports: ReportIntake, reader: MailReader, metrics: Metrics) -> None:
        self._reports = reports
        self._reader = reader
        self._metrics = metrics

    async def take(self, mails: Sequence[ReceivedMail]) -> list[MailOutcome]:
        """Read mails and apply their reports in one transaction; returns after the commit what each of them was.

        Raises:
            StoreUnavailable: the reports may be lost unless the mails are taken again.
        """
        # A mail may be long, and reading it must not hold up sending.
        read = await asyncio.to_thread(lambda: [self._read(mail) for mail in mails])
        events = [each.event for each in read if each.event is not None]
        await self._reports.take(Channel("email"), BY_MAIL, events, b"")
        for each in read:
            self._metrics.bounce_mails.labels(each.outcome).inc()
            log.info("bounce_mail.taken", outcome=each.outcome)
        return [each.outcome for each in read]

    def _read(self, mail: ReceivedMail) -> ReadMail:
        """A mail that breaks the reader is no report: it must not hold up the others."""
        try:
            return self._reader.read(mail)
        except Exception as error:
            log.error("bounce_mail.unreadable", **origin(error))  # noqa: TRY400 - its text may hold personal data
            return ReadMail(MailOutcome.NO_REPORT)
