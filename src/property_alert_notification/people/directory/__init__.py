"""What the company's User service knows of its users."""
