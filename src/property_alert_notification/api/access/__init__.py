"""Who may call, what they may do, how often, and who changed that."""
