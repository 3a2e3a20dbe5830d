"""Answers a repeated call with the answer to the first."""
