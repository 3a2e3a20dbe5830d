"""Decides about the alerts of one home to one person in one transaction after the other."""
