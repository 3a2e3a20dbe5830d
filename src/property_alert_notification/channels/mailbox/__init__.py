"""Stores messages for the development mailbox instead of sending them."""
