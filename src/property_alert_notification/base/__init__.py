"""What every room stands on: the clock, settings, words, errors, logs, metrics."""
