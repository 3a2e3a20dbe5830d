"""What became of changes and of their facts, as `explain` and `backtest` answer it: one ladder for both."""
