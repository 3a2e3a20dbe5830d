"""Who changed what in the service itself."""
