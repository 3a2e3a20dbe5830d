"""The brokers: one contract, and the faults that only a real one has."""
