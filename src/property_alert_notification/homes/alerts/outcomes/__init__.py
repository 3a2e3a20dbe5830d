"""What became of alerts, and so of the facts that they tell and of changes.

`explain` and `backtest` decide by `ladder.py` what became of a change. The matcher and the digests of searches ask
`unsent.py` which facts the told ledger has although no alert told them.
"""
