"""Notifications that were accepted without addresses: they wait until the directory gives them."""
