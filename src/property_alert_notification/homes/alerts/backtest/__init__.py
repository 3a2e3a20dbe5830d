"""Replays the changes of a past period for a user's searches, and compares that with what the user was told."""
