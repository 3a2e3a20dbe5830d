"""A small User service with a thousand people, for development and tests: it takes the place of the company's own."""
