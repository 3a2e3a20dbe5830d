"""STOP: what an operator does not want sent for now, on every worker, until they say so."""
