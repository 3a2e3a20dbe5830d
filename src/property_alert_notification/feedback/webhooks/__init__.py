"""Tells the services of callers what happened, by webhooks that are signed as Standard Webhooks say."""
