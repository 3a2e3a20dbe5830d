"""The sources of returned emails that the settings name."""

from property_alert_notification.base.errors import ConfigurationError
from property_alert_notification.base.metrics import Metrics
from property_alert_notification.base.settings import Settings, load
from property_alert_notification.base.supervise import Service
from property_alert_notification.channels.delivery_signature import DeliverySigner
from property_alert_notification.channels.mime import EmailSettings, parse_address
from property_alert_notification.channels.return_path import ReturnPaths
from property_alert_notification.feedback.bounces.event import MailReader
from property_alert_notification.feedback.bounces.imap import Mailbox
from property_alert_notification.feedback.bounces.intake import BounceIntake
from property_alert_notification.feedback.bounces.settings import BounceSettings
from property_alert_notification.feedback.bounces.smtp_listener import SmtpListener
from property_alert_notification.feedback.reports.intake import ReportIntake


def sources(settings: Settings, reports: ReportIntake, metrics: Metrics) -> dict[str, Service]:
    """The loops that take returned emails, by name; none if no source is set.

    Raises:
        ConfigurationError: a setting is missing.
    """
    chosen, email = load(BounceSettings), load(EmailSettings)
    address = email.email_bounce_address
    signer = DeliverySigner(settings.link_keys)
    paths = None if address is None else ReturnPaths(address, signer)
    intake = BounceIntake(reports, MailReader(signer, paths, parse_address(email.email_from).domain), metrics)
    loops: dict[str, Service] = {}
    if chosen.imap_host is not None:
        loops["bounce_mailbox"] = Mailbox(chosen, chosen.imap_host, intake).run
    if chosen.smtp_port is not None:
        if address is None or paths is None:
            raise ConfigurationError(
                "EMAIL_BOUNCE_ADDRESS: needed with BOUNCE_SMTP_PORT, which takes mail for return paths only. "
                "Example: EMAIL_BOUNCE_ADDRESS=bounces@alerts.example.com"
            )
        listener = SmtpListener(intake, paths, address=address, host=chosen.smtp_host, port=chosen.smtp_port)
        loops["bounce_smtp"] = listener.run
    return loops
