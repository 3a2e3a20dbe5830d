"""The directory: profiles of users, copied from the company's User service."""
