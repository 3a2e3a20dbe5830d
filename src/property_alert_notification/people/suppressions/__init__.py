"""The suppression list: addresses and users that must not be written to."""
