"""The suppression list: addresses and users that receive no messages."""
