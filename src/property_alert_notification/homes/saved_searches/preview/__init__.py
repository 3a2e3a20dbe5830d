"""What a search would match and alert, before it is saved."""
