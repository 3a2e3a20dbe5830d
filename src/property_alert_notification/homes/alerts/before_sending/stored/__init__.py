"""Reads alerts, the listings of their homes as they are now, their searches, and newer alerts about the same homes."""
