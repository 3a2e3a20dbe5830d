"""Notifies the users of real-estate services by email and SMS."""

__version__ = "0.1.0"
