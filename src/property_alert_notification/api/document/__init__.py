"""The API's OpenAPI document, good enough to generate clients from."""

from property_alert_notification.api.document.complete import TAGS, DescribedApi

__all__ = ["TAGS", "DescribedApi"]
