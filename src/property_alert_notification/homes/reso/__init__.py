"""Reads records of the RESO Data Dictionary as real feeds send them. Pure."""
