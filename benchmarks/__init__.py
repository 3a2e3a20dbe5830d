"""Measures the service on the machine it runs on. Run it as `python -m benchmarks`, or by `make bench`.

Figures of two machines cannot be compared, and figures of two runs hardly: every measurement is therefore taken beside
what the machine can do at best, in the same run.
"""
