"""How opt-ins are confirmed by the settings of this service."""

from datetime import timedelta

from property_alert_notification.base.settings import Settings
from property_alert_notification.channels.address_rules import AddressRules
from property_alert_notification.feedback.confirmations.ask import ConfirmationSender
from property_alert_notification.feedback.unsubscribe.tokens import Tokens
from property_alert_notification.notifications.create import Planner
from property_alert_notification.people.confirmations import Confirmations


def confirmations(settings: Settings, rules: AddressRules, planner: Planner) -> Confirmations:
    """Asks users by messages that the planner plans."""
    sender = ConfirmationSender(planner, Tokens(settings.link_keys), settings.base_url, rules)
    return Confirmations(timedelta(days=settings.confirm_opt_in_days), sender.ask)
