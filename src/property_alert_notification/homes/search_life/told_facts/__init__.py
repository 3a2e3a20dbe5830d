"""The facts that first alerts tell."""
