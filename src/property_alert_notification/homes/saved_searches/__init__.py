"""Saved searches of users: what they look for, how often they want to hear of it, and every version of both."""
