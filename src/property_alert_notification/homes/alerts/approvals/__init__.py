"""Alerts of searches with `ConciergeYN`, which are on hold until they are approved or rejected."""
