"""The match log: which searches each change of a listing concerns. Digests, checks and backtests read it."""
