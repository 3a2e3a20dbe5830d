"""Replication of feeds."""
