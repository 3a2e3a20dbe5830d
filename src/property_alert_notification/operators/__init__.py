"""Shows the state of the service to operators, and carries out what they decide."""
