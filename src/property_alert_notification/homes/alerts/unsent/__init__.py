"""The facts that the ledger has, although no alert that tells them was sent."""
