"""The consent ledger: a record of every opt-in and opt-out, which is never changed."""
