"""Sends emails to an SMTP server: protocol, meaning of replies, pool of connections."""
