"""Messages to thousands of people who refuse them in every way; a model from the docs says what must follow."""
