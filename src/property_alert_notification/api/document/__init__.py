"""Completes the OpenAPI document, so that clients can be generated from it."""

from property_alert_notification.api.document.complete import TAGS, DescribedApi

__all__ = ["TAGS", "DescribedApi"]
