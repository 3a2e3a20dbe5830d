"""Renders a notification as the email or SMS that its provider gets."""
