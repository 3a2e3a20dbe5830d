"""Breaks the service while it works, and counts what came of every call: nothing lost, nothing twice.

`python -m chaos` starts everything that an experiment needs, on loopback, and stops it again.
"""
