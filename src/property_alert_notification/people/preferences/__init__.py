"""ALLOW: what each user wants to receive."""
