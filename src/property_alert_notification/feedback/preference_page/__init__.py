"""The page on which a user sees and changes their preferences, without an account or a password."""
