"""The link to a user's preference page. Pure."""

from property_alert_notification.feedback.unsubscribe.tokens import Link, Purpose, Tokens


def page_url(base_url: str, tokens: Tokens, link: Link) -> str:
    """The link to the page; `base_url` is that of the settings."""
    return f"{base_url}/preferences/{tokens.make(Purpose.PREFERENCES, link)}"
