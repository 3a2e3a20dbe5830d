"""Brings alerts up to date right before they are sent: `claim` is the step of the claim that does so for a batch."""
