from datetime import UTC, datetime

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)
