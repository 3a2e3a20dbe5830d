"""Which URLs, secrets, bodies and verdicts webhooks have."""
