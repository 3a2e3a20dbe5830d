"""Accepts notifications and creates their deliveries; finds, changes and cancels them."""
