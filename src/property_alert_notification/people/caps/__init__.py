"""Caps: how many promotional messages of a channel a user gets a day and a week."""
