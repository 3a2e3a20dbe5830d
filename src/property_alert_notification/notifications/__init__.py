"""ACCEPT: what other services ask to be told to a user."""
