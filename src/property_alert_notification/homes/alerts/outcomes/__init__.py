"""What became of alerts, and so of the facts that they tell and of changes.

`explain` and `backtest` answer it by one ladder. Matchers and digests ask which facts of the ledger nobody heard.
"""
