"""Hands emails to an SMTP server: the protocol, what replies mean, and a pool of reused connections."""
