"""PROMISE: each notification on one channel to one address, its states and its attempts."""
