"""Provides what all rooms use: clock, settings, errors, reasons, logs, metrics."""
