"""Stores on which channels each user wants notifications."""
