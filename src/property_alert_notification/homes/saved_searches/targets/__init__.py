"""The users whom searches alert, when, and on which channels."""
