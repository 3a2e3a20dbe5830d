"""Computes when a message may be sent: legal windows of channel and place, quiet hours of the user, time zones."""
