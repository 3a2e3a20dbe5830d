"""What saved searches ask of homes."""
