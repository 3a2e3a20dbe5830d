"""WRITE: a notification in the words and the form of its channel."""
