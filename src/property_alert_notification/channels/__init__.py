"""SEND: one provider, one file."""
