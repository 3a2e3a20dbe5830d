"""What notifications are about: consent, hours and deadlines depend on it."""
