"""Handles what all HTTP calls share: API keys, idempotency, errors, OpenAPI document."""
