"""A small User service with a thousand made-up people, for development and tests."""
