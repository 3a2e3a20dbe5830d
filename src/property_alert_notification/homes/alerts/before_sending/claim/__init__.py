"""The step of the claim that brings alerts, and digests of them, up to date, and records what they leave out."""
