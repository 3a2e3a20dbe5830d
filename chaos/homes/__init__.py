"""Trials about homes: listing events come in, and the users of saved searches are alerted."""
