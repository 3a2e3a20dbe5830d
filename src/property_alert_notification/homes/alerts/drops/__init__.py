"""Remembers why matches were dropped that nobody was told of, so that it can be asked for afterwards."""
