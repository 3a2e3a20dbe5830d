"""Keeps deliveries that repeatedly broke the worker, until an operator replays or discards them."""
