"""When a message may be sent: the legal windows of channel and place, the user's quiet hours, and time zones."""
