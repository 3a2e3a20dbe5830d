"""Stores deliveries and attempts: their states, queues and leases."""
