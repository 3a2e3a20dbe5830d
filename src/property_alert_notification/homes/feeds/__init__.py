"""Feeds: events about records, and replication of records from RESO Web APIs."""
