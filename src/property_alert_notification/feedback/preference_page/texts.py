"""Every text of the page, in each language that it has."""

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

from property_alert_notification.feedback.preference_page.spanish import SPANISH
from property_alert_notification.people.consent.rules import wording_version

ENGLISH: Mapping[str, str] = MappingProxyType(
    {
        "language_name": "English",
        "switch_language": "Language of this page",
        "title": "Your messages",
        "intro": "Choose what we send you, how, and how often, then save.",
        "error_title": "Error",
        "skip": "Skip to the settings",
        # What happened
        "saved": "Saved",
        "saved_nothing": "Nothing was changed.",
        "saved_more": "and others",
        "just_stopped": "Done. We send you no more alerts, news or digests.",
        "just_started": "Done. Messages come again as you set them below.",
        "stopped": "You stopped everything. We send you no alerts, news or digests.",
        "undo": "Undo",
        "start_again": "Start again",
        "errors": "Not saved yet. Please correct this first:",
        "damaged": "A part of your settings cannot be read, so we hold messages back. Save this page to set them anew.",
        "nothing_yet": "We send you nothing yet. Switch on what you would like to receive, then save.",
        "test": "This is a test page. It changes the settings for test messages only.",
        # Channels
        "channels": "Ways to reach you",
        "channels_hint": "A way that is switched off brings you nothing at all, not even messages about your account.",
        "channel_on": "Send me messages by {channel}",
        "on": "on",
        "off": "off",
        # Categories
        "topics": "What, and how often",
        "topics_hint": "Once a day, week or month means that we collect the messages and send them as one.",
        "by": "{topic} by {channel}",
        "is_off": "{channel} is switched off above.",
        "required": "{frequency}. You cannot refuse these, but you can switch off this way above.",
        "asap": "At once",
        "daily": "Once a day",
        "weekly": "Once a week",
        "monthly": "Once a month",
        "never": "Never",
        "category.general": "General messages",
        "category.general.hint": "Messages without a topic of their own.",
        "category.listing_alert": "Listing alerts",
        "category.listing_alert.hint": "Homes that match what you are looking for.",
        "category.viewing": "Viewings",
        "category.viewing.hint": "Appointments to see a home.",
        "category.offer": "Offers",
        "category.offer.hint": "News about offers that you made or received.",
        "category.account": "Account",
        "category.account.hint": "The security of your account, and changes to it.",
        "category.digest": "Digests",
        "category.digest.hint": "Several messages in one. If you choose never, collected messages are not sent.",
        "blocked.complaint": "Stopped, because a message was reported as unwanted. This page cannot change it.",
        "blocked.stop": "Stopped, because you answered a message with STOP. This page cannot change it.",
        "blocked.hard_bounce": "Stopped, because our messages came back. This page cannot change it.",
        "blocked.manual": "Stopped by our staff. This page cannot change it.",
        "blocked.imported": "Stopped by an earlier request. This page cannot change it.",
        "blocked.soft_bounce": "Paused, because our messages came back. This page cannot change it.",
        # When
        "when": "When",
        "quiet": "Quiet hours",
        "quiet_hint": "We hold messages back in these hours, except for urgent ones about what you did yourself.",
        "quiet_row": "Quiet hours {number}",
        "quiet_new": "More quiet hours",
        "quiet_days": "Days on which they begin",
        "quiet_from": "From",
        "quiet_to": "To",
        "quiet_remove": "Remove these hours",
        "mon": "Monday",
        "tue": "Tuesday",
        "wed": "Wednesday",
        "thu": "Thursday",
        "fri": "Friday",
        "sat": "Saturday",
        "sun": "Sunday",
        "digest": "Collected messages",
        "digest_hint": "When we send what we collected for you.",
        "digest_at": "Time of day",
        "digest_weekday": "Day of the week",
        "digest_day": "Day of the month",
        "zone": "Time zone",
        "zone_hint": "All hours on this page are hours of this zone.",
        "zone_unset": "Not set",
        "language": "Language of messages",
        "language_unset": "Not set",
        "save": "Save",
        # Stop everything
        "stop": "Stop everything",
        "stop_hint": "One click stops all alerts, news and digests, however they come. You can undo it.",
        "stop_rest": "These still come, because they answer something that you did or protect your account: {topics}. "
        "To end them, too, switch off the way by which they come.",
        "stop_no_rest": "No other messages come.",
        # Errors beside a field
        "error.quiet_days": "Choose at least one day.",
        "error.quiet_time": "Enter both times, such as 21:00 and 08:00.",
        "error.quiet_same": "The two times must differ.",
        "error.quiet_week": "Quiet hours must leave some time in the week. To stop all messages, use Stop everything.",
        "error.quiet_many": "These are too many quiet hours. Remove some.",
        "error.choose": "Choose one of the list.",
        "error.time": "Enter a time, such as 08:00.",
        "error.too_many": "You have set too many frequencies. Set fewer, or ask us for help.",
        # Other pages
        "invalid_title": "This link does not work",
        "invalid": "The link is incomplete or too old. Please open the newest message that you have "
        "from us and use its link, or ask us for a new one.",
        "refused_title": "Not saved",
        "refused": "The page could not be saved, because it was not sent from this page. Open the page again, and save "
        "once more.",
        "too_large": "The page could not be saved, because too much was sent. Open the page again, and save once more.",
        "away_title": "Please try again",
        "away": "We cannot reach your settings at the moment. Nothing was changed. Please try again in a minute.",
        "again": "Open the page again",
        # The page of one link to unsubscribe
        "unsubscribe": "Unsubscribe",
        "unsubscribe_title": "Unsubscribe?",
        "unsubscribe_text": "You will no longer receive this: {about}.",
        "unsubscribe_all": "alerts, news and digests",
        "unsubscribed_title": "You are unsubscribed",
        "unsubscribed_text": "You no longer receive this: {about}. Other messages may still come, for example about "
        "your account.",
        # The page of one link that confirms an opt-in
        "confirm": "Confirm",
        "confirm_title": "Do you want these messages?",
        "confirm_text": "Confirm that you want to receive this: {about}. If you did not ask for it, close this page.",
        "confirmed_title": "Confirmed",
        "confirmed_text": "Thank you. You receive this from now on: {about}.",
        # The page of a saved search
        "keep_search_title": "Do you still need this search?",
        "keep_search_text": "Your saved search is “{search}”. If you keep it, you get its alerts as before.",
        "keep_search": "Keep it",
        "kept_search_title": "Kept",
        "kept_search_text": "Thank you. You get the alerts of “{search}” as before.",
        "no_search_title": "There is no such search",
        "no_search_text": "This link is not complete, or the search was deleted.",
        "unconfirmed_title": "There is nothing to confirm",
        "unconfirmed_text": "This link is too old, or you have chosen otherwise since. If you want these messages, "
        "choose them once more where you signed up, and use the link in the new message.",
    }
)

TEXTS: Mapping[str, Mapping[str, str]] = MappingProxyType({"en": ENGLISH, "es": SPANISH})
"""By language."""


@cache
def version_of_texts(language: str) -> str:
    """The version of the texts in a language, for consent records of the pages."""
    return wording_version("page", language, TEXTS[language])
